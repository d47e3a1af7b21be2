"""As the dispatcher's statements are read; the same for everybody."""

from apps.orm.rows import rows

__all__ = ["rows"]
