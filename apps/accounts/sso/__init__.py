"""Single sign-on: OpenID Connect with several providers, on mozilla-django-oidc's views and backend.

    start ──► provider ──► callback ──► backend ──► the person
    views.py               flow.py      backend.py  services.sign_in_identity

What it knows nothing of: what the person may do. That is in their memberships.
"""
