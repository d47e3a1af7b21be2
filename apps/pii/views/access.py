"""Why can, or cannot, somebody see this column? The answers are those that a query gets."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import may, who
from apps.orgs.policy import Action
from apps.pii import policy, selectors
from apps.pii.forms import ColumnsForm
from apps.pii.views.frame import pii_page
from apps.platform.errors import UserError


@require_GET
@org_page(Action.PII_VIEW)
def access(request: OrgRequest) -> HttpResponse:
    sees_all = may(request, Action.PII_VIEW_ALL)
    form = ColumnsForm(request.GET if "dataset" in request.GET else None, org=request.org, names_others=sees_all)
    context: dict[str, object] = {"form": form, "sees_all": sees_all}
    if form.is_valid():
        try:
            context |= _answers(request, form, sees_all=sees_all)
        except UserError as error:
            form.add_error("columns", error.message)
    return pii_page(request, "access", context)


def _answers(request: OrgRequest, form: ColumnsForm, *, sees_all: bool) -> dict[str, object]:
    dataset, now = form.cleaned_data["dataset"], timezone.now()
    grantee = selectors.grantee_of(request.org, **form.named())
    name, asker = selectors.asker_of(request.org, grantee, asked_by=who(request))
    columns = selectors.columns_asked(request.org, dataset, form.cleaned_data["columns"])
    return {
        "dataset": dataset, "who": name, "is_self": grantee is None, "columns": columns,
        "answers": policy.decide(request.org, dataset, columns, who=asker, now=now),
        "holders": selectors.letting_in(request.org, dataset, columns, now=now) if sees_all else None,
    }  # fmt: skip
