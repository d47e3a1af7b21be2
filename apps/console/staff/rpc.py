"""The pools of RPC providers: how they are now, and what staff say of them. Keys are written, and shown nowhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.chains import selectors, services
from apps.chains.domain import ProviderSpec
from apps.chains.models import RpcPool, RpcProvider
from apps.chains.trying import try_provider
from apps.console.staff.frame import staff_page
from apps.console.staff.rpc_forms import KeyForm, NewPoolForm, NewProviderForm, PoolForm, ProviderForm, RefusableForm
from apps.console.staff.rpc_shown import ShownPool, shown
from apps.orgs.access import guarded
from apps.orgs.admin_frame import REFUSED, changed_at
from apps.orgs.policy import Action
from apps.platform.errors import UserError
from apps.vault.secret_form import done_words

# Of a new provider.
_USUAL = asdict(ProviderSpec(url=""))
LIST, POOL, PROVIDER = "console:rpc", "console:rpc-pool", "console:rpc-provider"


@never_cache
@require_GET
@guarded(Action.PLATFORM_RPC)
def pools(request: HttpRequest) -> HttpResponse:
    return _list(request)


@posted_from(LIST)
@guarded(Action.PLATFORM_RPC)
def create(request: HttpRequest) -> HttpResponse:
    form = NewPoolForm(request.POST)
    done = _tried(
        form,
        lambda: services.put_pool(
            form.cleaned_data["name"], form.spec(is_enabled=True), by=actor_of(request), now=timezone.now(), is_new=True
        ),
    )
    if not done:
        return _list(request, pool_form=form)
    name = form.cleaned_data["name"]
    messages.success(request, f"There is a pool {name} now. Add a provider: without one nobody can ask it.")
    return redirect(POOL, name)


@sensitive_post_parameters("value")
@posted_from(LIST)
@guarded(Action.PLATFORM_RPC)
def write_key(request: HttpRequest) -> HttpResponse:
    form = KeyForm(request.POST, auto_id="key_%s")
    if form.is_valid():
        try:
            written = services.write_key(**form.cleaned_data, by=actor_of(request), now=timezone.now(), config=settings.CONFIG)
        except UserError as error:
            form.add_error("name", error.message)
        else:
            messages.success(request, f"{done_words(form.cleaned_data['name'], written)} The gateway has it within seconds.")
            return redirect(LIST)
    form.forget_value()
    return _list(request, key_form=form)


@never_cache
@require_GET
@guarded(Action.PLATFORM_RPC)
def pool(request: HttpRequest, pool_name: str) -> HttpResponse:
    return _pool(request, selectors.get_pool(pool_name))


@posted_from(POOL, "pool_name")
@guarded(Action.PLATFORM_RPC)
def change_pool(request: HttpRequest, pool_name: str) -> HttpResponse:
    row, form = selectors.get_pool(pool_name), PoolForm(request.POST)
    done = _tried(
        form,
        lambda: services.put_pool(row.name, form.spec(is_enabled=row.is_enabled), by=actor_of(request), now=timezone.now()),
    )
    if not done:
        return _pool(request, row, pool_form=form)
    messages.success(request, f"{row.name} is changed; the gateway hears of it within seconds.")
    return redirect(POOL, row.name)


@posted_from(POOL, "pool_name")
@guarded(Action.PLATFORM_RPC)
def switch_pool(request: HttpRequest, pool_name: str) -> HttpResponse:
    row, turn_on = selectors.get_pool(pool_name), request.POST.get("to") == "on"
    note = f"{row.name} is switched {'on' if turn_on else 'off: nobody gets a way to it any more'}."
    return changed_at(
        request,
        note,
        lambda: services.switch_pool(row, is_enabled=turn_on, by=actor_of(request), now=timezone.now()),
        POOL,
        row.name,
    )


@posted_from(POOL, "pool_name")
@guarded(Action.PLATFORM_RPC)
def delete_pool(request: HttpRequest, pool_name: str) -> HttpResponse:
    row = selectors.get_pool(pool_name)
    try:
        services.delete_pool(row, by=actor_of(request))
    except UserError as error:
        messages.error(request, error.message)
        return redirect(POOL, row.name)
    messages.success(request, f"{row.name} is deleted.")
    return redirect(LIST)


@posted_from(POOL, "pool_name")
@guarded(Action.PLATFORM_RPC)
def add_provider(request: HttpRequest, pool_name: str) -> HttpResponse:
    row = selectors.get_pool(pool_name)
    form = NewProviderForm(request.POST, keys=selectors.keys(config=settings.CONFIG), auto_id="provider_%s")
    done = _tried(
        form,
        lambda: services.put_provider(
            row, form.cleaned_data["name"], form.spec(is_enabled=True),
            by=actor_of(request), now=timezone.now(), config=settings.CONFIG, is_new=True,
        ),
    )  # fmt: skip
    if not done:
        return _pool(request, row, provider_form=form)
    messages.success(
        request, f"{row.name} has a provider {form.cleaned_data['name']} now. Try it when the gateway has heard of it."
    )
    return redirect(POOL, row.name)


@never_cache
@require_GET
@guarded(Action.PLATFORM_RPC)
def provider(request: HttpRequest, pool_name: str, provider_name: str) -> HttpResponse:
    return _provider(request, _row(pool_name, provider_name))


@posted_from(PROVIDER, "pool_name", "provider_name")
@guarded(Action.PLATFORM_RPC)
def change_provider(request: HttpRequest, pool_name: str, provider_name: str) -> HttpResponse:
    row = _row(pool_name, provider_name)
    form = ProviderForm(request.POST, keys=selectors.keys(config=settings.CONFIG))
    done = _tried(
        form,
        lambda: services.put_provider(
            row.pool,
            row.name,
            form.spec(is_enabled=row.is_enabled),
            by=actor_of(request),
            now=timezone.now(),
            config=settings.CONFIG,
        ),
    )
    if not done:
        return _provider(request, row, form=form)
    messages.success(request, f"{row.name} is changed; the gateway hears of it within seconds.")
    return redirect(POOL, row.pool.name)


@posted_from(PROVIDER, "pool_name", "provider_name")
@guarded(Action.PLATFORM_RPC)
def switch_provider(request: HttpRequest, pool_name: str, provider_name: str) -> HttpResponse:
    row, turn_on = _row(pool_name, provider_name), request.POST.get("to") == "on"
    return changed_at(
        request, f"{row.name} is switched {'on' if turn_on else 'off'}; the gateway hears of it within seconds.",
        lambda: services.switch_provider(row, is_enabled=turn_on, by=actor_of(request), now=timezone.now()), POOL, row.pool.name,
    )  # fmt: skip


@posted_from(PROVIDER, "pool_name", "provider_name")
@guarded(Action.PLATFORM_RPC)
def delete_provider(request: HttpRequest, pool_name: str, provider_name: str) -> HttpResponse:
    row = _row(pool_name, provider_name)
    return changed_at(
        request, f"{row.name} is removed from {row.pool.name}. Its key stays in the vault.",
        lambda: services.delete_provider(row, by=actor_of(request)), POOL, row.pool.name,
    )  # fmt: skip


@posted_from(POOL, "pool_name")
@guarded(Action.PLATFORM_RPC)
def try_it(request: HttpRequest, pool_name: str, provider_name: str) -> HttpResponse:
    """What it says, as a part of the page; without scripts as a note on top of it."""
    row = _row(pool_name, provider_name)
    tried = try_provider(row, config=settings.CONFIG)
    if request.headers.get("HX-Request"):
        return render(request, "staff/_rpc_tried.html", {"tried": tried, "at": timezone.now()})
    (messages.success if tried.is_well else messages.error)(request, tried.words)
    return redirect(POOL, row.pool.name)


def _row(pool_name: str, provider_name: str) -> RpcProvider:
    return selectors.get_provider(selectors.get_pool(pool_name), provider_name)


def _tried(form: RefusableForm, change: Callable[[], object]) -> bool:
    """Whether it was done; else the form says why not."""
    if not form.is_valid():
        return False
    try:
        change()
    except UserError as error:
        form.take(error)
        return False
    return True


def _list(request: HttpRequest, *, pool_form: NewPoolForm | None = None, key_form: KeyForm | None = None) -> HttpResponse:
    seen = shown(selectors.pools(), config=settings.CONFIG)
    live = {"shown": seen, "live_url": reverse(LIST), "now": timezone.now()}
    if request.headers.get("HX-Request"):
        return render(request, "staff/_rpc_live.html", live)
    context = {
        **live, "pool_form": pool_form or NewPoolForm(), "key_form": key_form or KeyForm(auto_id="key_%s"),
        "keys": selectors.keys(config=settings.CONFIG), "key_org": selectors.platform_org(),
        "key_users": sorted(_key_users(seen.pools).items()),
    }  # fmt: skip
    return staff_page(request, "staff/rpc.html", "rpc", context, status=REFUSED if pool_form or key_form else 200)


def _key_users(pools: list[ShownPool]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in pools:
        for each in one.providers:
            if each.row.secret:
                found.setdefault(each.row.secret, []).append(f"{one.row.name}/{each.row.name}")
    return found


def _pool(
    request: HttpRequest, row: RpcPool, *, pool_form: PoolForm | None = None, provider_form: NewProviderForm | None = None
) -> HttpResponse:
    seen = shown([row], config=settings.CONFIG)
    live = {"shown": seen, "live_url": reverse(POOL, args=[row.name]), "is_alone": True, "now": timezone.now()}
    if request.headers.get("HX-Request"):
        return render(request, "staff/_rpc_live.html", live)
    keys = selectors.keys(config=settings.CONFIG)
    context = {
        **live, "pool": seen.pools[0], "pool_form": pool_form or PoolForm.of(row.spec),
        "provider_form": provider_form or NewProviderForm(initial=_USUAL, keys=keys, auto_id="provider_%s"),
    }  # fmt: skip
    status = REFUSED if pool_form or provider_form else 200
    return staff_page(request, "staff/rpc_pool.html", "rpc", context, crumb=row.name, status=status)


def _provider(request: HttpRequest, row: RpcProvider, *, form: ProviderForm | None = None) -> HttpResponse:
    context = {"row": row, "form": form or ProviderForm.of(row.spec, keys=selectors.keys(config=settings.CONFIG))}
    crumb = f"{row.pool.name} / {row.name}"
    return staff_page(request, "staff/rpc_provider.html", "rpc", context, crumb=crumb, status=REFUSED if form else 200)
