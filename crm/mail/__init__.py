"""E-mails (messages): the outbox and the worker that sends what is in it. Source: spec 13."""
