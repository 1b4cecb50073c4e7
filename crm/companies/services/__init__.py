"""What can be done to companies, agencies and settings; users are in `people`."""
