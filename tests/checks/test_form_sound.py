"""Sound questions and answers, as models and people write them, have no finding."""

import pytest

from checks.form import answer_findings, question_findings

ANSWERS = [
    # short ones need no closing mark
    ("en", "What torque does the jaw need?", "12 Nm"),
    ("en", "Which parameter sets the delay?", "P4"),
    ("en", "Must the door be closed?", "Yes."),
    ("it", "Il filtro va sostituito?", "Sì."),
    ("it", "Ogni quanto va pulito il filtro?", "Ogni 500 ore"),
    ("de", "Wie oft wird das Lager geschmiert?", "Alle 500 Stunden"),
    ("es", "¿Cuál es el par de apriete?", "25 Nm"),
    ("fr", "Quelle est la pression ?", "6 bar"),
    ("en", "When is the filter cleaned?", "Before every shift"),
    ("en", "How often may the seal be reused?", "Never."),
    ("en", "What does the display show?", "E214"),
    ("it", "Quale tasto arresta la macchina?", "STOP"),
    ("en", "How many valves does the block have?", "None."),
    # code, paths, menus, ellipses
    ("en", "Which command saves the settings?", "Send `M500` to save the settings to EEPROM."),
    ("en", "Which command saves the settings?", "Use `M500`"),
    ("en", "Where is the list of sources kept?", "It is kept in /etc/apt/sources.list.d/"),
    ("en", "How is the profile exported?", "Choose File > Export > Save as…"),
    ("en", "How is the profile exported?", "Open the File menu and choose “Save as…”."),
    ("en", "How is the profile exported?", "Select **Save as...** in the File menu."),
    ("en", "Which offsets are there?", "The work offsets are G54, G55, G56, ..."),
    ("de", "Wie wird das Profil gesichert?", "Wählen Sie Datei > Speichern unter…"),
    ("it", "Come si apre il menu?", "Premere Menu → Impostazioni → Rete"),
    ("it", "Come si salva il profilo?", "Scegliere «Salva con nome…» dal menu File."),
    ("en", "How is the kernel built?", "Run this command:\n```\nmake deb-pkg\n```"),
    ("en", "What does the line look like?", "It reads `{\"speed\": 100}`."),
    ("en", "Which key opens the list?", 'The "(" key opens the list.'),
    ("en", "Where is the log?", r"The log is in C:\new\logs\run.txt"),
    ("en", "What is printed at the end?", "`M118 Done.\\nBye`"),
    # lists, steps, tables
    ("en", "How is the filter changed?", "1. Open the door.\n2. Remove the filter.\n3. Close it."),
    ("en", "How is the filter changed?", "- Open the door\n- Remove the old filter\n- Close it"),
    ("en", "What belongs in the kit?", "The kit holds:\n- two seals\n- a brush\n- 12 g of grease"),
    ("en", "What values has the shaft?", "| Part | Torque |\n| --- | --- |\n| Shaft | 25 Nm |"),
    ("it", "Quali passi servono?", "a) Aprire lo sportello;\nb) togliere il filtro;\nc) chiudere."),
    ("it", "Quali sono i ricambi?", "I ricambi sono tre: filtro, guarnizione e cinghia."),
    ("de", "Welche Teile gehören dazu?", "Dazu gehören: Filter, Dichtung und Riemen."),
    ("es", "¿Qué pasos hay que seguir?", "1) Abrir la puerta.\n2) Retirar el filtro."),
    ("en", "What are the sizes of the frame?", "A: 24 mm\nB: 30 mm\nC: 12 mm"),
    ("en", "How is it rated?", "Input: 230 V\nOutput: 24 V"),
    ("en", "What are the first credentials?", "User: admin\nPassword: 1234"),
    ("en", "What is the note about?", "Note: the seal must be dry."),
    # quotes, brackets, inches, ranges
    ("en", "How large is the screen?", 'The screen measures 24".'),
    ("en", "Which screens fit?", 'A 24" or a 27" screen fits the "Pro" arm.'),
    ("en", "What does the alarm say?", 'The display shows "Alarm 41".'),
    ("de", "Was zeigt die Anzeige?", "Die Anzeige zeigt „Störung 41“."),
    ("es", "¿Qué muestra la pantalla?", "La pantalla muestra «Error 41»."),
    ("fr", "Que montre l’écran ?", "L’écran montre « Erreur 41 »."),
    ("it", "Che cosa mostra il display?", "Il display mostra “E214” (pompa in sovraccarico)."),
    ("en", "Which range is allowed?", "Values in [0, 10) are allowed (see a) to c))."),
    ("en", "How tall is the gap?", "It is 5' high."),
    ("en", "How should jobs be named?", "Use the operators' initials."),
    # Italian apostrophes, German separable verbs, English prepositions
    ("it", "Che cosa va controllato?", "Va controllato il livello dell'olio nell'impianto."),
    ("it", "Da quando vale?", "Dall'inizio del turno, com'è indicato sull'etichetta"),
    ("it", "Quanto si attende?", "Un po' di tempo: circa 5 minuti."),
    ("de", "Was ist zu tun?", "Schalten Sie die Maschine ein"),
    ("de", "Wann geht die Lampe an?", "Die Lampe geht bei Überlast an."),
    ("en", "What do I do first?", "Turn the main switch off"),
    ("en", "What is the value?", "It is the pressure that the valve is set to."),
    # polar, choice and near-echo answers
    ("en", "Must the door be closed before use?", "The door must be closed before use."),
    ("en", "Is the pump or the fan checked first?", "The pump is checked first."),
    ("it", "Si controlla prima la pompa o la ventola?", "Prima la pompa."),
    ("en", "Which menu shows the help keys?", "The “Help” menu shows the help keys."),
    ("en", "When is the belt of the press checked?", "The belt of the press is always checked."),
    ("en", "How is the jaw closed?", "The jaw is closed without tools."),
    # subjects that look like leaks
    ("en", "What blocks the coolant?", "The passage between pump and head is blocked by chips."),
    ("en", "What is the context of a file?", "The SELinux context of a file names its role."),
    ("en", "What does the AI mode do?", "As an AI TV feature, it adapts the picture."),
    ("en", "What does the virtual assistant do?", "The assistant answers questions by voice."),
    ("en", "What answers the alarm?", "The answer to alarm 41 is a restart."),
    ("it", "Che cosa ostruisce l'olio?", "Il passaggio tra pompa e testa è ostruito."),
    ("es", "¿Qué es el contexto?", "El contexto de seguridad indica el papel del proceso."),
    ("en", "Which placeholder stands for a name?", "Write <user> for the name of the account."),
    ("en", "What does the figure on the label mean?", "The figure on the label is the mass in kg."),
    ("en", "Which port may be used?", "Open http://host/{port} in a browser."),
    ("en", "What is the length of the spring?", "Free length: 30 mm. A: 24 mm"),
    ("en", "What must be saved?", "Answer Yes to the question “Save changes?”."),
    # parts of a machine that are called like those of a page
    ("en", "What turns?", "Turn the rotary table by 90 degrees."),
    ("en", "Which section stops?", "The section of the conveyor behind the scanner stops."),
    ("it", "Quale utensile?", "L'utensile precedente viene depositato per primo."),
    ("it", "Che cosa si preme?", "Premere il tasto sopra il display."),
    ("de", "Wo ist die Taste?", "Die Taste sitzt oberhalb der Tabelle."),
    ("de", "Was ist zu tun?", "Natürliche Kühlung genügt."),
    ("es", "¿Qué herramienta?", "La herramienta anterior se deja primero."),
    ("es", "¿Qué se gira?", "Gire la mesa giratoria 90 grados."),
    # scripts beside the manual's own
    ("en", "Which label is on the switch?", "The label reads 紧急停止."),
    ("it", "Che cosa dice la targa?", "La targa dice توقف اضطراري, cioè arresto di emergenza."),
    ("zh", "轴承多久润滑一次？", "轴承每500小时润滑一次。"),
    ("ja", "モーターはいつ点検しますか。", "モーターは毎週点検します"),
    ("ar", "متى يتم تشحيم المحمل؟", "يتم تشحيم المحمل كل 500 ساعة."),
    ("he", "מתי יש לשמן את המסב?", "יש לשמן את המסב כל 500 שעות."),
]  # fmt: skip
QUESTIONS = [
    ("en", "What is the sealing jaw of the press fitted with?"),
    ("en", "Which option of the Picture menu sets the contrast of the screen?"),
    ("en", "How do I move to the next page on the display?"),
    ("en", "Which command is it that lists the installed packages?"),
    ("en", "In the Picture mode menu, which option sets the contrast?"),
    ("en", "How is a file exported with “Save as…”?"),
    ("en", "How large is the 24\" screen of the panel?"),
    ("en", "Which text file holds the sources?"),
    ("it", "Quale pressione serve per l'aria compressa (in bar)?"),
    ("it", "A che cosa serve la pagina iniziale del display?"),
    ("it", "Qual è la coppia di serraggio dell'albero?"),
    ("de", "Wann geht die rote Lampe an?"),
    ("de", "Wie schaltet man die Pumpe ein?"),
    ("de", "Wozu dient der Bildmodus „Kino“?"),
    ("es", "¿Con qué se limpia el filtro de aire?"),
    ("fr", "À quoi sert le bouton d’arrêt ?"),
    ("zh", "轴承多久润滑一次？"),
    ("ar", "متى يتم تشحيم المحمل الرئيسي؟"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "question", "answer"), ANSWERS)
def test_sound_answers_pass(language, question, answer):
    found = answer_findings(
        answer,
        question=question,
        cited=(answer,),
        language=language,
        machine=None,
        other_machines=(),
    )
    assert found == []


@pytest.mark.parametrize(("language", "question"), QUESTIONS)
def test_sound_questions_pass(language, question):
    quote = f"{question.rstrip('?？؟')}: 25 Nm"
    found = question_findings(
        question, language=language, quote=quote, window=quote, machine=None, other_machines=()
    )
    assert found == []


@pytest.mark.parametrize(
    ("language", "question", "quote"),
    [
        ("en", "What is done after 250 hours?", "After 250 hours, replace the filter."),
        ("it", "Che cosa va fatto dopo 250 ore?", "Dopo 250 ore sostituire il filtro."),
        ("de", "Was ist nach 250 Stunden zu tun?", "Nach 250 Stunden den Filter ersetzen."),
        ("es", "¿Qué se hace tras 250 horas?", "Tras 250 horas cambie el filtro."),
    ],
)
def test_a_value_may_be_asked_about(language, question, quote):
    found = question_findings(
        question, language=language, quote=quote, window=quote, machine=None, other_machines=()
    )
    assert found == []
