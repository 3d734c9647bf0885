"""``manage.py demo_day``: yesterday and this morning at the made-up shop, with everything that went wrong."""

import sys
from typing import Any

from apps.demo.command import DemoCommand
from apps.demo.day import live_through_the_day


class Command(DemoCommand):
    help = "Fill the made-up shop with a day of orders, exceptions, proposals and missed clocks; once."

    def handle(self, *args: Any, **options: Any) -> None:
        done = live_through_the_day(_tell)
        sys.stderr.write("\n" if done else "")
        self.stdout.write("The day is lived through." if done else "The day was lived through before.")


def _tell(at: int, of: int) -> None:
    sys.stderr.write(f"\r  {at} of {of} moments of the day")
