"""OpenID Connect without Django: which providers there are, what they publish, and whether a token is theirs and for us."""
