"""Calendar feeds (flux de calendrier): one's events in Outlook, Google or Apple's calendar."""
