"""The Django project: assembles, decides nothing."""
