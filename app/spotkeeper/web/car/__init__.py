"""One glance, for the car."""

from flask import Flask, render_template


def add_to(app: Flask) -> None:
    """Add /car."""
    app.add_url_rule("/car", "car", car_page)


def car_page() -> str:
    """The page."""
    return render_template("car.html")
