"""The settings page."""

from collections.abc import Callable
from functools import cache
from typing import Any

from flask import Flask, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from markupsafe import Markup
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response
from wtforms import Field, RadioField, SelectChoice, SelectMultipleField, StringField
from wtforms.validators import ValidationError

from spotkeeper.db import user_settings
from spotkeeper.spots.bands import BANDS
from spotkeeper.web.account import chosen
from spotkeeper.web.database import transaction
from spotkeeper.web.shown import metres


class Checked:
    """Puts a field into the form it is stored in, or says what is wrong with it."""

    def __init__(self, check: Callable[[Any], object]) -> None:
        self.check = check

    def __call__(self, form: FlaskForm, field: Field) -> None:
        try:
            field.data = self.check(field.data or "")
        except ValueError as error:
            raise ValidationError(str(error)) from None


def _choice(label: str, check: Callable[[str], str], choices: dict[str, str]) -> RadioField:
    return RadioField(
        label,
        [Checked(check)],
        choices=[SelectChoice(value, words) for value, words in choices.items()],
        validate_choice=False,
    )


class SettingsForm(FlaskForm):  # type: ignore[misc]
    """Fields are named as what they set in `Chosen`."""

    callsign = StringField("Callsign", [Checked(chosen.callsign)])
    name = StringField("Name", [Checked(chosen.name)])
    grid = StringField("Grid", [Checked(chosen.grid)])
    time_zone = StringField("Time zone", [Checked(chosen.time_zone)])
    units = _choice("Distances in", chosen.units, chosen.UNITS)
    interest = SelectMultipleField(
        "Bands of interest",
        [Checked(chosen.interest)],
        choices=[SelectChoice(band, metres(band)) for band in BANDS],
        validate_choice=False,
    )
    theme = _choice("Colours", chosen.theme, chosen.THEMES)
    contrast = _choice("Contrast", chosen.contrast, chosen.CONTRASTS)


def add_to(app: Flask) -> None:
    """Add /settings."""
    app.add_url_rule("/settings", "settings", settings, methods=["GET", "POST"])


def settings() -> Response:
    """Shows and remembers what the account chose."""
    if not current_user.may("user"):
        raise Forbidden("This account only looks: it has no settings of its own.")
    form = SettingsForm(obj=current_user.chosen)
    if form.validate_on_submit():
        values: dict[str, Any] = {name: value for name, value in form.data.items() if name != "csrf_token"}
        with transaction() as connection:
            user_settings.save(connection, current_user.id, values)
        return redirect(url_for("settings", saved="yes"))
    page = render_template(
        "settings.html",
        form=form,
        zones=_zones(),
        saved="saved" in request.args,
    )
    return make_response(page, 400 if form.is_submitted() else 200)


@cache
def _zones() -> Markup:
    """An option for each."""
    return Markup("\n").join(
        Markup('<option value="{}"></option>').format(zone) for zone in sorted(chosen.zones())
    )
