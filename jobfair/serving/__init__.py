"""Production serving: a supervisor and its web processes (``manage.py serve``)."""
