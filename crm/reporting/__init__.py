"""The home page (accueil), and Reporting: sales follow-up, dashboards, own reports, e-mails.

- `views`, `blocks`, `lines`, `placed`: the home page, its blocks and what is placed on it.
- `arranging`, `arranging_views`: the order of the blocks, each reader's own.
- `pipeline`: the sales follow-up.
- `boards`: the dashboards.
- `own`: reports that people make themselves, saved, shared and pinned.
- `schedules`: saved reports by e-mail.
"""
