"""What can be done to products and quotes, whoever asks: page, import or API. Source: spec 8."""
