from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.accounts import selectors, services, sessions, themes
from apps.accounts.domain import Theme
from apps.accounts.forms import SignInForm
from apps.accounts.models import Person
from apps.accounts.posting import posted_from
from apps.accounts.sso import leaving
from apps.audit.requests import actor_of


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    target = _safe_next(request)
    if request.user.is_authenticated:
        return redirect(target)
    form = SignInForm(request, request.POST or None, initial={"email": request.GET.get("email", "")})
    if request.method == "POST" and form.is_valid() and form.person:
        login(request, form.person, backend="apps.accounts.backends.LocalPassword")
        sessions.begin(request, form.person, now=timezone.now())
        return redirect(target)
    config = settings.CONFIG
    context = {
        "form": form,
        "refused": bool(form.errors),
        "next": target,
        "local_login": config.local_login,
        "providers": selectors.providers(),
        "demo": config.demo and config.local_login,
        "stack_file": config.data_dir / "stack.json",
    }
    response = render(request, "accounts/sign_in.html", context, status=422 if form.errors else 200)
    if form.lock:
        # The page and not an error: another account and single sign-on are still ways in.
        response.status_code, response["Retry-After"] = form.lock.status, str(form.lock.seconds)
    return response


@login_not_required
@posted_from(settings.LOGIN_REDIRECT_URL)
def sign_out(request: HttpRequest) -> HttpResponse:
    provider = leaving.sign_out(request)
    if provider is None:
        return redirect("accounts:sign-in")
    return render(request, "accounts/leaving.html", {"provider": provider})


@login_not_required
@posted_from(settings.LOGIN_REDIRECT_URL)
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Rendered by the server, so that no page flashes. Anything that is not light or dark is the system's."""
    posted = request.POST.get("theme", "")
    theme = posted if posted in set(Theme) else Theme.SYSTEM
    response = redirect(_safe_next(request))
    if isinstance(request.user, Person):
        themes.know(request, services.change_person(request.user, theme=theme, by=actor_of(request)))
    else:
        themes.keep(request, response, theme)
    return response


def _safe_next(request: HttpRequest) -> str:
    """Where to go afterwards: only an address of our own."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return target
    return resolve_url(settings.LOGIN_REDIRECT_URL)
