"""What people save of lists and reports: private, or shared with some of their groups."""
