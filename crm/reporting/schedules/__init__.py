"""Reports by e-mail: a saved report each day, week or month, to oneself and to colleagues.

- `models`: schedules and their recipients.
- `rhythm`: which days a schedule falls on, and when it is due next.
- `services`: create, change, pause, delete, unsubscribe.
- `showing`: a saved report as its reader may see it; the table of what can be sent.
- `mails`: what is shown as a mail.
- `sending`: what is due, by the worker.
- `unsubscribe_page`: the page behind the link in each mail.
- `listing`, `form`, `views`: the pages.
"""
