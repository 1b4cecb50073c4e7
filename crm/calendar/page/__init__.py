"""/calendar: events of ticked people by day, week, month and agenda. Source: spec 9.6."""
