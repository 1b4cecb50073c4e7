"""Events (événements): meetings (rendez-vous), calls, tasks and others, and what they relate to.

Events themselves are `models`, `services`, `fields`, `forms`, `views` and `api`; `quick` is their
short form, `next_steps` what one does after them. Beside these:

- series: `series/`, with `recurrence` (the dates of a rule), `rule_words`,
  `series_views` and `series_acts`
- guests: `guests` (each once), `guest_form`, `guest_views`; their answers in the CRM:
  `answer_views`; what they are told, and answer without an account: `invitations/`
- reminders and the digest of the day: `reminders/`
- who is busy: `overlaps`, `while_typing`; when others' private events are: `busy`, `busy_list`
- the calendar: `page/`; for other programs `feeds/`, `importing/`, and `ics` with `ics_series`
- the dates that accounts, contacts, leads and opportunities keep: `event_dates`, `clock`
"""
