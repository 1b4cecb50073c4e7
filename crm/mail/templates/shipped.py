"""The texts that ship, one for each kind, in English and French. Source: spec 2.8."""

from dataclasses import dataclass

from crm.core.types import TranslatedText
from crm.mail.models.words import MessageKind


@dataclass(frozen=True)
class Shipped:
    """The texts of a template."""

    name: TranslatedText
    subject: TranslatedText
    body: TranslatedText


def _both(english: str, french: str) -> TranslatedText:
    return TranslatedText(en=english, fr=french)


def _paragraphs(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def _greeting(word: str, record: str) -> str:
    """The word, and the name where `record` has one: "Hello Ms Marchand,"."""
    name = record + ".salutation"
    return word + "{% if " + name + " %} {{ " + name + " }}{% endif %},"


# Lines for what is known; a line break at the end of a paragraph is left out when it is filled in.
PLACE_EN = (
    "{% if event.location %}Place: {{ event.location }}<br>{% endif %}"
    "{% if event.video_url %}Video: {{ event.video_url }}<br>{% endif %}"
)
PLACE_FR = (
    "{% if event.location %}Lieu\u00a0: {{ event.location }}<br>{% endif %}"
    "{% if event.video_url %}Visio\u00a0: {{ event.video_url }}<br>{% endif %}"
)
ABOUT_EN = (
    "{% if account.name %}Client: {{ account.name }}<br>{% endif %}"
    "{% if contact.name %}Contact: {{ contact.name }}<br>{% endif %}"
    "{% if opportunity.name %}Opportunity: {{ opportunity.name }}{% endif %}"
)
ABOUT_FR = (
    "{% if account.name %}Client\u00a0: {{ account.name }}<br>{% endif %}"
    "{% if contact.name %}Contact\u00a0: {{ contact.name }}<br>{% endif %}"
    "{% if opportunity.name %}Opportunité\u00a0: {{ opportunity.name }}{% endif %}"
)


def _reminder(english: str, french: str, what_en: str, what_fr: str) -> Shipped:
    return Shipped(
        _both(english, french),
        _both(
            f"{what_en}: {{{{ event.subject }}}}, {{{{ event.starts_at }}}}",
            f"{what_fr}\u00a0: {{{{ event.subject }}}}, {{{{ event.starts_at }}}}",
        ),
        _both(
            _paragraphs(
                "Hello,",
                "<strong>{{ event.subject }}</strong><br>{{ event.starts_at }}",
                PLACE_EN + ABOUT_EN,
            ),
            _paragraphs(
                "Bonjour,",
                "<strong>{{ event.subject }}</strong><br>{{ event.starts_at }}",
                PLACE_FR + ABOUT_FR,
            ),
        ),
    )


TEXTS: dict[str, Shipped] = {
    MessageKind.EVENT_REMINDER: _reminder(
        "Event reminder", "Rappel d’événement", "Coming up", "À venir"
    ),
    MessageKind.MEETING_REMINDER: _reminder(
        "Meeting reminder", "Rappel de rendez-vous", "Meeting", "Rendez-vous"
    ),
    MessageKind.CALL_REMINDER: _reminder("Call reminder", "Rappel d’appel", "Call", "Appel"),
    MessageKind.TASK_REMINDER: _reminder("Task reminder", "Rappel de tâche", "Task", "Tâche"),
    MessageKind.INVITATION: Shipped(
        _both("Invitation", "Invitation"),
        _both(
            "Invitation: {{ event.subject }}, {{ event.starts_at }}",
            "Invitation\u00a0: {{ event.subject }}, {{ event.starts_at }}",
        ),
        _both(
            _paragraphs(
                _greeting("Hello", "guest"),
                "{{ owner.name }} invites you to <strong>{{ event.subject }}</strong> "
                "on {{ event.starts_at }}.",
                PLACE_EN,
            ),
            _paragraphs(
                _greeting("Bonjour", "guest"),
                "{{ owner.name }} vous invite au rendez-vous suivant\u00a0: "
                "<strong>{{ event.subject }}</strong>, le {{ event.starts_at }}.",
                PLACE_FR,
            ),
        ),
    ),
    MessageKind.DATE_CHANGED: Shipped(
        _both("Meeting moved", "Changement de date"),
        _both(
            "New date: {{ event.subject }}, {{ event.starts_at }}",
            "Nouvelle date\u00a0: {{ event.subject }}, {{ event.starts_at }}",
        ),
        _both(
            _paragraphs(
                _greeting("Hello", "guest"),
                "<strong>{{ event.subject }}</strong> now takes place on {{ event.starts_at }}.",
                PLACE_EN,
            ),
            _paragraphs(
                _greeting("Bonjour", "guest"),
                "<strong>{{ event.subject }}</strong> aura lieu le {{ event.starts_at }}.",
                PLACE_FR,
            ),
        ),
    ),
    # Sent to a guest who is removed, and to all guests of an event that is cancelled.
    MessageKind.GUEST_REMOVED: Shipped(
        _both("Invitation cancelled", "Annulation d’une invitation"),
        _both(
            "Invitation cancelled: {{ event.subject }}, {{ event.starts_at }}",
            "Invitation annulée\u00a0: {{ event.subject }}, {{ event.starts_at }}",
        ),
        _both(
            _paragraphs(
                _greeting("Hello", "guest"),
                "Your invitation to <strong>{{ event.subject }}</strong> on {{ event.starts_at }} "
                "is cancelled. There is nothing you need to do.",
            ),
            _paragraphs(
                _greeting("Bonjour", "guest"),
                "Votre invitation à <strong>{{ event.subject }}</strong>, le "
                "{{ event.starts_at }}, est annulée. Vous n’avez rien à faire.",
            ),
        ),
    ),
    MessageKind.QUOTE: Shipped(
        _both("Quote", "Envoi de devis"),
        _both(
            "Quote {{ quote.number }}{% if quote.title %}: {{ quote.title }}{% endif %}",
            "Devis {{ quote.number }}{% if quote.title %}\u00a0: {{ quote.title }}{% endif %}",
        ),
        _both(
            _paragraphs(
                _greeting("Hello", "contact"),
                "Please find attached our quote <strong>{{ quote.number }}</strong>"
                "{% if quote.title %} for “{{ quote.title }}”{% endif %}, "
                "{{ quote.total_incl }} including tax. It is valid until {{ quote.valid_until }}."
                "{% if quote.link %} You can accept it here: {{ quote.link }}{% endif %}",
                "Do not hesitate to contact me with any questions.",
            ),
            _paragraphs(
                _greeting("Bonjour", "contact"),
                "Vous trouverez ci-joint notre devis <strong>{{ quote.number }}</strong>"
                "{% if quote.title %} pour «\u00a0{{ quote.title }}\u00a0»{% endif %}, "
                "d’un montant de {{ quote.total_incl }} TTC. Il est valable jusqu’au "
                "{{ quote.valid_until }}."
                "{% if quote.link %} Vous pouvez l’accepter ici\u00a0: {{ quote.link }}{% endif %}",
                "Je reste à votre disposition pour en parler.",
            ),
        ),
    ),
    MessageKind.CATALOG: Shipped(
        _both("Catalogue", "Envoi de catalogue"),
        _both("{{ catalog.name }}", "{{ catalog.name }}"),
        _both(
            _paragraphs(
                _greeting("Hello", "contact"),
                "Here is our catalogue <strong>{{ catalog.name }}</strong>"
                "{% if catalog.link %}: {{ catalog.link }}{% endif %}.",
                "Do not hesitate to contact me if you would like more information.",
            ),
            _paragraphs(
                _greeting("Bonjour", "contact"),
                "Voici notre catalogue <strong>{{ catalog.name }}</strong>"
                "{% if catalog.link %}\u00a0: {{ catalog.link }}{% endif %}.",
                "Je reste à votre disposition pour tout renseignement.",
            ),
        ),
    ),
    MessageKind.FREE: Shipped(
        _both("Follow-up", "Prise de contact"),
        _both("Following up", "Suite à notre échange"),
        _both(
            _paragraphs(
                _greeting("Hello", "contact"),
                "Thank you for your time. As agreed, I will get back to you shortly.",
            ),
            _paragraphs(
                _greeting("Bonjour", "contact"),
                "Merci de votre accueil. Comme convenu, je reviens vers vous très prochainement.",
            ),
        ),
    ),
}
