"""What the page is given, as JSON; the service's schema is made from these too."""
