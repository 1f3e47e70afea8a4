"""What is given to be typed stands in the evidence letter by letter."""

import pytest

from checks.facts import unsupported
from checks.facts.verbatim import not_verbatim


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        ("Run `rm -rf /tmp/x`.", "To clean up, run rm -rf /tmp/x and wait."),
        ("Use ls -li to see the numbers.", "The command ls -li shows inode numbers."),
        ("Si usa “grep -e modello *”.", 'Con "grep -e modello *" si cerca ovunque.'),
        ("The files *.desktop are read.", "All *.desktop files are read."),
        ("Edit `.bashrc`.", "Edit ~/.bashrc with care."),
        ("Press “Save as…”, then wait.", "Press Save, then wait."),
        ("The file lies in /etc/fstab.", "See /etc/fstab."),
        ("```\nM500\nM501 S1\n```", "Send:\n\n    M500\n    M501 S1\n"),
        ("Ladezeit und -dauer sind gleich.", "Ladezeit und Ladedauer sind gleich."),
        ("Set `configuration` first.", "Configuration comes first."),
        ("The speed is 30 km/h, and/or less.", "At most 30 km/h."),
        ("Keep 20 °C +/-3 °C, i.e. +/- 3 °C.", "Keep 20 ± 3 °C."),
        ("It turns at 900 1/min or 1 /min.", "It turns at 900 rpm."),
    ],
)
def test_literal_of_the_evidence_stands(answer, evidence):
    assert not list(not_verbatim(answer, [evidence]))


@pytest.mark.parametrize(
    ("answer", "evidence", "found"),
    [
        ('Run "rm -f /tmp/x".', 'Run "rm -rf /tmp/x".', "rm -f /tmp/x"),
        ("Use ls -l.", "Use ls -li.", "-l"),
        (
            'Con "grep -e modello " si cerca.',
            'Con "grep -e modello *" si cerca.',
            "grep -e modello",
        ),
        ("Un file .desktop.", "Un file *.desktop.", ".desktop"),
        ("See /etc/fstabs.", "See /etc/fstab.", "/etc/fstabs"),
        ("Send `M500 S1`.", "Send M500 S2.", "M500 S1"),
        ("```\nM502\n```", "Send M500.", "M502"),
    ],
)
def test_changed_literal_is_found(answer, evidence, found):
    assert [finding.evidence for finding in not_verbatim(answer, [evidence])] == [found]


def test_answers_are_held_to_their_literals():
    codes = [f.code for f in unsupported("Use ls -l.", ["Use ls -li."], "en")]
    assert codes == ["not_verbatim"]
