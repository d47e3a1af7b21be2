from django.urls import path

from apps.accounts import views
from apps.accounts.sso import views as sso

app_name = "accounts"
urlpatterns = [
    path("sign-in", views.sign_in, name="sign-in"),
    path("sign-out", views.sign_out, name="sign-out"),
    path("sso/<slug:key>/start", sso.Start.as_view(), name="sso-start"),
    path("sso/<slug:key>/callback", sso.Callback.as_view(), name="sso-callback"),
    path("sso/<slug:key>/leave", sso.leave, name="sso-leave"),
    path("theme", views.choose_theme, name="theme"),
]
