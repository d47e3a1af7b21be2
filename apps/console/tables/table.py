"""A table to look at: searched, filtered, paged, and never changed from here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib.admin import ModelAdmin
from django.db.models import BinaryField, Model
from django.http import HttpRequest
from django.urls import URLPattern, path

from apps.audit import services as audit
from apps.audit.domain import Subject
from apps.audit.requests import actor_of

if TYPE_CHECKING:
    Base = ModelAdmin[Any]
else:
    Base = ModelAdmin


class Table(Base):
    # Columns that nobody looks at, beside whatever is binary.
    hidden: ClassVar[frozenset[str]] = frozenset()
    actions = None
    list_per_page = 50
    # Counting a whole table for the sake of a number beside the filter.
    show_full_result_count = False
    view_on_site = False
    change_form_template = "admin/look.html"

    @property
    def media(self) -> forms.Media:
        """None: Django's scripts are for changing, and jQuery writes HTML, which our policy of trusted types stops."""
        return forms.Media()

    def get_urls(self) -> list[URLPattern]:
        """The list and one row: there is no address to add, change or delete at."""
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.changelist_view), name=f"{name}_changelist"),
            path("<path:object_id>/change/", wrap(self.change_view), name=f"{name}_change"),
        ]

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        columns = [*self.opts.concrete_fields, *self.opts.many_to_many]
        return [one.name for one in columns if one.name not in self.hidden and not isinstance(one, BinaryField)]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.get_fields(request, obj)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only what the page offers: otherwise `?password__startswith=` would spell a hash out letter by letter."""
        return lookup.removesuffix("__exact") in self.list_filter

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.admin_site.has_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    # Should a table ever be opened to a change, Django tells of it here, within its transaction: it goes to our log, not to Django's.

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:  # type: ignore[override]
        self._tell("table.add", request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:  # type: ignore[override]
        self._tell("table.change", request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:  # type: ignore[override]
        for obj in queryset:
            self._tell("table.delete", request, obj, str(obj))

    def _tell(self, action: str, request: HttpRequest, obj: Model, message: object) -> None:
        subject = Subject(self.opts.label_lower, str(obj.pk), str(obj))
        audit.record(action, subject, by=actor_of(request), after={"said": message})


class ObjectGrants(Table):
    list_display = ("content_object", "permission", "person", "role", "org", "expires_at", "revoked_at")
    list_select_related = ("content_object", "permission", "person", "role", "org")
    search_fields = ("content_object__name", "person__email")
    ordering = ("-created_at",)
