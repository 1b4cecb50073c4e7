"""What can be done to accounts and contacts, whoever asks: page, import or API."""
