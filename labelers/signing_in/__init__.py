"""Signing in: passwords, second factors, an outside identity, sessions, and locks against guessing.

django-allauth does the work; here are its settings in code (`adapters`), what it lacks (`guarding`,
`sessions`) and our pages.
"""
