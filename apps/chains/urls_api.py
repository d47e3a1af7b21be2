from django.urls import path

from apps.chains.api import platform, public

urlpatterns = [
    path("rpc-pools", public.PoolsView.as_view(), name="rpc-pools"),
    path("platform/rpc-pools", platform.PoolsView.as_view(), name="platform-rpc-pools"),
    path("platform/rpc-pools/<str:pool_name>", platform.PoolView.as_view(), name="platform-rpc-pool"),
    path("platform/rpc-pools/<str:pool_name>/providers", platform.ProvidersView.as_view(), name="platform-rpc-providers"),
    path(
        "platform/rpc-pools/<str:pool_name>/providers/<str:provider_name>",
        platform.ProviderView.as_view(),
        name="platform-rpc-provider",
    ),
    path("platform/rpc-health", platform.HealthView.as_view(), name="platform-rpc-health"),
]
