"""The way in for programs that have no account: what they send is signed with a secret of the hook."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.audit.requests import client_address
from apps.orgs.models import Org
from apps.runs import services
from apps.runs.services import Call
from apps.runs.services.calling import HARDEST_BYTES, TooLarge
from apps.runs.signatures import read_delivery_id, read_signature


@csrf_exempt
@login_not_required
@require_POST
def hook(request: HttpRequest, slug: str, path: str) -> HttpResponse:
    """202 once the task is written, and 200 with the same id for the same delivery again."""
    org = Org.objects.filter(slug=slug).first()
    signature, delivery_id = read_signature(request.headers), read_delivery_id(request.headers)
    call = Call(path, _body(request), signature, delivery_id, client_address(request))
    taken = services.take_delivery(org, call, config=settings.CONFIG, now=timezone.now())
    return JsonResponse({"task": str(taken.task_id)}, status=202 if taken.is_new else 200)


def _body(request: HttpRequest) -> bytes:
    """Never more of it than a hook may take, whatever its length is said to be."""
    body = request.read(HARDEST_BYTES + 1)
    if len(body) > HARDEST_BYTES:
        raise TooLarge(f"The body is longer than {HARDEST_BYTES:,} bytes, which no hook takes.")
    return body
