"""Faulty questions and answers: each fault has its code, in Italian and English and beyond."""

import pytest

from checks.form import answer_findings, question_findings


def of_answer(answer, language, question="?", cited=()):
    found = answer_findings(
        answer, question=question, cited=cited, language=language, machine=None, other_machines=()
    )
    return [finding.code for finding in found]


def of_question(question, language, quote="25 Nm"):
    found = question_findings(
        question,
        language=language,
        quote=quote,
        window=f"{quote}\n{question}",
        machine=None,
        other_machines=(),
    )
    return [finding.code for finding in found]


LEAKED = [
    ("en", "As an AI language model, I cannot open the door."),
    ("en", "As an AI, I have no access to the machine."),
    ("en", "I'm sorry, but the interval is not known."),
    ("en", "The passage says that the bearing is greased every 500 hours."),
    ("en", "According to the provided passages, the torque is 25 Nm."),
    ("en", "Based on the provided context, the torque is 25 Nm."),
    ("en", "The torque is 25 Nm, as stated in the passage."),
    ("en", "Sure! Here is the answer: the torque is 25 Nm."),
    ("en", "Here's a revised question: how often is the bearing greased?"),
    ("en", "Question: How often is it greased?\nAnswer: Every 500 hours."),
    ("en", "**Answer:** Every 500 hours."),
    ("en", "Every 500 hours. Question: What oil is used?"),
    ("en", "Example 1:\nThe bearing is greased every 500 hours."),
    ("en", "Q: How often?\nA: Every 500 hours."),
    ("en", "The torque is 25 Nm.</answer>"),
    ("en", 'The torque is 25 Nm. <passage id="ab12">'),
    ("en", "The torque is 25 Nm.\n</window>"),
    ("en", "<think>The window has it.</think> The torque is 25 Nm."),
    ("en", "The torque is 25 Nm.<|im_end|>"),
    ("en", "[INST] The torque is 25 Nm."),
    ("en", "### Response:\nThe torque is 25 Nm."),
    ("en", "The torque of the {{ machine.name }} is 25 Nm."),
    ("en", "The torque of the {machine} is 25 Nm."),
    ("en", '{"text": "The torque is 25 Nm."}'),
    ("en", 'The torque is 25 Nm.", "citations": []'),
    ("en", "Open the door.\\nRemove the filter."),
    ("en", "```json\nThe torque is 25 Nm.\n```"),
    ("en", "The torque is 25 Nm (0123456789ab:120-450)."),
    ("it", "In quanto modello linguistico, non posso aprire lo sportello."),
    ("it", "Come IA, non ho accesso alla macchina."),
    ("it", "Mi dispiace, ma l'intervallo non è noto."),
    ("it", "Il passaggio afferma che il cuscinetto va ingrassato ogni 500 ore."),
    ("it", "Secondo il brano fornito, la coppia è di 25 Nm."),
    ("it", "In base alle informazioni fornite, la coppia è di 25 Nm."),
    ("it", "Certo! Ecco la risposta: la coppia è di 25 Nm."),
    ("it", "Domanda: Ogni quanto?\nRisposta: Ogni 500 ore."),
    ("it", "Risposta: ogni 500 ore."),
    ("it", "Esempio 2:\nIl cuscinetto va ingrassato ogni 500 ore."),
    ("it", "As an AI language model, non posso rispondere."),
    ("it", "La coppia è di 25 Nm.</passages>"),
    ("de", "Als KI-Modell kann ich das nicht sagen."),
    ("de", "Laut den bereitgestellten Textstellen beträgt das Moment 25 Nm."),
    ("de", "Antwort: alle 500 Stunden."),
    ("es", "Según el fragmento, el par es de 25 Nm."),
    ("es", "Respuesta: cada 500 horas."),
    ("fr", "En tant qu'IA, je ne peux pas ouvrir la porte."),
    ("fr", "D'après le passage, le couple est de 25 Nm."),
    ("en", "Certainly! The bearing is greased every 500 hours."),
    ("en", "Revised question: how often is the bearing greased?"),
    ("en", "User: How do I replace the belt?"),
    ("en", "### Question\nWhich key resets the counter?"),
    ("en", "I kept the answer short as requested."),
    ("it", "D: Quanto deve raffreddarsi? R: mezz'ora."),
    ("it", "La coppia è di 25 Nm.</risposta>"),
    ("it", "La coppia è di 25 Nm [fonte: passaggio 2]."),
    ("it", "Dato il contesto qui sopra, la coppia è di 25 Nm."),
    ("de", "Ich hoffe, das hilft: 25 Nm."),
    ("de", "Im gegebenen Quelltext beträgt das Moment 25 Nm."),
    ("de", "Natürlich! Das Moment beträgt 25 Nm."),
    ("es", "¡Por supuesto! El par es de 25 Nm."),
    ("es", "Lo siento, pero el par no consta."),
    ("es", "El par es de 25 Nm (dificultad: alta)."),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text"), LEAKED)
def test_leaks_are_found(language, text):
    assert "leaked_instructions" in of_answer(text, language)
    assert "leaked_instructions" in of_question(f"{text} Which torque is it?", language)


def test_a_blank_is_no_word_of_the_source():
    blank = "Open http://host/{port} in a browser."
    assert of_answer(blank, "en") == ["leaked_instructions"]
    assert of_answer(blank, "en", cited=[blank]) == []


CUT = [
    ("en", "The main bearing must be greased with the"),
    ("en", "The main bearing must be greased every 500 hours and"),
    ("en", "The main bearing must be greased, then,"),
    ("en", "The main bearing is greased with 12 g of…"),
    ("en", "The main bearing is greased with..."),
    ("en", "Grease the main bearing (every 500 hours"),
    ("en", 'Press the key "Start and wait.'),
    ("en", "Press the key “Start and wait"),
    ("en", "Send the command `M500 and wait"),
    ("en", "Grease the bearing every 500 hours. Then clean the old fil"),
    ("en", "1. Open the door.\n2. Remove the filter.\n3."),
    ("en", "The kit holds:"),
    ("en", "Grease the bearing with lubri-"),
    ("en", "| Shaft | 25 N"),
    ("en", "First the valve is closed, then"),
    ("en", "1. Open the cover. 2. Remove the fuse. 3."),
    ("en", "Choose Menu > Settings >"),
    ("de", "Die Schrauben lösen und dann die"),
    ("es", "Primero se cierra la válvula, luego"),
    ("it", "Il cuscinetto va ingrassato ogni 500 ore con il"),
    ("it", "Il cuscinetto va ingrassato ogni 500 ore e"),
    ("it", "Il cuscinetto va ingrassato con il grasso dell'"),
    ("it", "Il cuscinetto va ingrassato ogni 500 ore..."),
    ("it", "Il cuscinetto va ingrassato (ogni 500 ore."),
    ("it", "Premere il tasto «Avvio e attendere"),
    ("it", "Il cuscinetto va ingrassato ogni 500 ore. Poi si pulisce il vecchio fil"),
    ("it", "I ricambi sono i seguenti:"),
    ("de", "Das Lager wird alle 500 Stunden geschmiert und"),
    ("de", "Drücken Sie die Taste „Start und warten Sie"),
    ("es", "El cojinete se engrasa cada 500 horas con el"),
    ("fr", "Le palier est graissé toutes les 500 heures avec la graisse de la"),
    ("zh", "轴承每500小时润滑一次，"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text"), CUT)
def test_cut_off_answers_are_found(language, text):
    assert of_answer(text, language) == ["cut_off"]


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", "To what torque must the jaw be tightened with the?"),
        ("en", "To what torque must the jaw (and its plate be tightened?"),
        ("en", "The jaw must be tightened to ...?"),
        ("it", "A quale coppia va serrata la ganascia della?"),
        ("it", "A quale coppia va serrata la «ganascia?"),
        ("it", "La ganascia va serrata a …?"),
        ("de", "Mit welchem Moment wird die Schraube des?"),
    ],
)
def test_cut_off_questions_are_found(language, question):
    assert "cut_off" in of_question(question, language)


def test_half_a_word_is_found_by_its_source():
    cited = ["The bearing is greased with lithium grease."]
    assert of_answer("The bearing is greased with lith", "en", cited=cited) == ["cut_off"]
    assert of_answer("The bearing is greased with lithium", "en", cited=cited) == []


@pytest.mark.parametrize("text", ["", "  \n", "…", "-", "\u200b", "N/A", "null", "n/a."])
def test_empty_texts_are_found(text):
    assert of_answer(text, "it") == ["empty"]
    assert of_question(text, "it") == ["empty"]


@pytest.mark.parametrize(
    ("language", "answer"),
    [
        ("en", "The limits are given in the table above."),
        ("en", "The work described in this chapter is for trained staff."),
        ("it", "I limiti sono riportati nella tabella sopra."),
        ("it", "Questa tabella riporta i limiti."),
        ("de", "Siehe die Tabelle unten für Details."),
        ("es", "Los límites están en la tabla anterior."),
        ("fr", "Les limites sont dans le tableau ci-dessus."),
        ("en", "As mentioned earlier, the valve must be shut."),
        ("en", "Follow the steps listed above."),
        ("en", "The values are listed in the following table."),
        ("en", "The procedure is described in chapter 5."),
        ("en", "It is item 3 in the illustration."),
        ("it", "La procedura è descritta nel capitolo 5."),
        ("it", "Questa sezione spiega come cambiare la cinghia."),
        ("de", "Das Vorgehen ist in Kapitel 5 beschrieben."),
        ("de", "Siehe vorheriger Abschnitt."),
        ("es", "Siga los pasos anteriores."),
        ("es", "Como ya se ha dicho, la válvula debe estar cerrada."),
    ],
)
def test_answers_that_point_are_found(language, answer):
    assert of_answer(answer, language) == ["points_at_page"]


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", "Which value is listed in the table above?"),
        ("en", "Which torque does figure 3 show?"),
        ("en", "What does the author recommend in the document?"),
        ("it", "Quale valore è riportato nella figura 3?"),
        ("it", "Quale coppia si vede nell'immagine?"),
        ("it", "Secondo il testo, ogni quanto va pulito il filtro?"),
        ("de", "Welches Moment zeigt Abbildung 3?"),
        ("es", "¿Qué par se indica en la tabla 3?"),
        ("fr", "Quel couple indique la figure 3 ?"),
        ("en", "What is the purpose of the chapter on maintenance?"),
        ("it", "Che cosa si menziona nel paragrafo sui freni?"),
        ("de", "Welche Schritte sind hier für den Riemen aufgeführt?"),
        ("es", "¿Qué pasos se enumeran aquí para la correa?"),
    ],
)
def test_questions_that_point_are_found(language, question):
    assert "points_at_page" in of_question(question, language)


@pytest.mark.parametrize(
    ("language", "question", "answer"),
    [
        ("en", "To what torque is the jaw tightened?", "The jaw is tightened to a torque."),
        ("en", "To what torque is the jaw tightened?", "It is tightened to the specified torque."),
        ("en", "Which code is shown with alarm E214?", "E214"),
        ("it", "A quale coppia si serra la ganascia?", "La ganascia si serra a una coppia."),
        ("it", "Che cosa fa il comando M500?", "Il comando M500."),
        ("de", "Wie oft wird das Lager geschmiert?", "Das Lager wird geschmiert."),
        ("es", "¿Con qué se limpia el filtro?", "El filtro se limpia."),
        ("fr", "Comment nettoyer le filtre ?", "Nettoyer le filtre."),
        ("it", "Quanto dura il riscaldamento?", "Il riscaldamento dura molto."),
        ("es", "¿Cuánto dura el calentamiento?", "El calentamiento dura mucho."),
    ],
)
def test_echoes_are_found(language, question, answer):
    assert of_answer(answer, language, question) == ["repeats_question"]


@pytest.mark.parametrize(
    ("language", "question", "quote"),
    [
        ("en", "What is greased with lithium grease, the main bearing?",
         "Grease the main bearing with lithium grease"),
        ("en", "Why is the jaw tightened to 25 Nm?", "The jaw is tightened to 25 Nm."),
        ("it", "Che cosa si pulisce, il filtro dell'aria con un panno asciutto?",
         "Pulire il filtro dell'aria con un panno asciutto"),
        ("it", "Perché la ganascia va serrata a 25 Nm?", "La ganascia va serrata a 25 Nm."),
        ("en", "Which oil, ISO VG 46, does the gearbox take?", "The gearbox takes oil ISO VG 46."),
    ],
)  # fmt: skip
def test_questions_that_hold_their_answer_are_found(language, question, quote):
    assert "holds_answer" in of_question(question, language, quote)


@pytest.mark.parametrize(
    ("language", "answer"),
    [
        ("it", "轴承每500小时润滑一次。请勿打开门。"),
        ("en", "يجب تشحيم المحمل الرئيسي كل 500 ساعة."),
        ("en", "Подшипник следует смазывать каждые 500 часов."),
        ("it", "Va ingrassato. The door must be closed before the machine is started."),
        ("en", "It is greased. Lo sportello deve essere chiuso prima di avviare la macchina."),
        ("de", "The bearing of the machine must be greased every week."),
        ("es", "Il cuscinetto della macchina va ingrassato ogni settimana."),
    ],
)  # fmt: skip
def test_other_languages_are_found(language, answer):
    assert of_answer(answer, language) == ["wrong_language"]
