"""Events (événements): meetings (rendez-vous), calls, tasks and others, and what they relate to."""
