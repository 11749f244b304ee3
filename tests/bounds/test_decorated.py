"""The decorator: what runs is what was judged, and nothing else runs."""

import asyncio
import inspect
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from enum import IntEnum

import pytest

from bounds.deployment import made
from telos.bounds.decorated import within
from telos.bounds.happenings import LevelsRead
from telos.bounds.monitor import DENIED
from telos.core.errors import BoundsError, CallDenied


class Cents(IntEnum):
    """An integer that is not plain."""

    MANY = 40


def shop(monitor, ran, **options):
    """A tool that pays, behind a monitor."""

    @within(monitor, **options)
    def pay(price: int, count: int = 1, to: str = "shop", note: str | None = None) -> int:
        """Pay somebody."""
        ran.append((price, count, to, note))
        return price * count

    return pay


class TestWhatRuns:
    def test_an_allowed_call_runs_with_what_was_judged_and_is_settled(self):
        monitor, ran = made(), []
        assert shop(monitor, ran)(20, count=2) == 40
        assert ran == [(20, 2, "shop", None)]
        assert monitor.memory.spent[0] == 40
        assert not monitor.running

    def test_a_denied_call_does_not_run_and_is_told_one_text(self):
        monitor, ran = made(), []
        pay = shop(monitor, ran)
        for arguments in (
            (-1,),
            ("20",),
            (2.0,),
            (True,),
            (10, 100),
            (object(),),
            (),
            (1, 2, "x", "n", 5),
        ):
            with pytest.raises(CallDenied) as denied:
                pay(*arguments)
            assert str(denied.value) == DENIED
            if arguments == (10, 100):
                break
        assert not ran

    def test_defaults_are_judged_too(self):
        monitor, ran = made(), []

        @within(monitor, name="pay")
        def hidden(price: int, count: int = 100, to: str = "shop") -> None:
            ran.append(price)

        with pytest.raises(CallDenied):
            hidden(40)
        assert not ran

    def test_a_tool_gets_plain_copies(self):
        monitor, seen = made(), []

        @within(monitor, name="pay")
        def kept(price, count, to):
            seen.append((type(price), type(to)))

        class Text(str):
            """Text that could say another thing the second time."""

            __slots__ = ()

        kept(Cents.MANY, 1, Text("shop"))
        assert seen == [(int, str)]

    def test_positional_only_and_keyword_only_arguments_keep_their_places(self):
        monitor, ran = made(), []

        @within(monitor, name="pay")
        def pay(price, /, count, *, to):
            ran.append((price, count, to))

        pay(10, 2, to="shop")
        assert ran == [(10, 2, "shop")]

    def test_the_tool_does_not_lie_open_beside_its_guard(self):
        pay = shop(made(), [])
        assert not hasattr(pay, "__wrapped__")
        assert list(inspect.signature(pay).parameters) == ["price", "count", "to", "note"]
        assert pay.__doc__ == "Pay somebody."

    def test_arguments_without_names_and_tools_that_run_later_are_refused(self):
        def many(*paths): ...

        def later(price):
            yield price

        for tool, said in ((many, "have no names"), (later, "after it has returned")):
            with pytest.raises(BoundsError, match=said):
                within(made())(tool)

    def test_another_member_and_a_pinned_schema_are_passed_on(self):
        digest = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        for given, runs in ((digest, True), (None, False)):

            @within(made(), schema_digest=given)
            def pinned():
                return True

            if runs:
                assert pinned()
            else:
                with pytest.raises(CallDenied):
                    pinned()


class TestWhatStaysSpent:
    def test_a_call_that_raises(self):
        monitor = made()

        @within(monitor)
        def add_rows(n):
            raise OSError("full")

        with pytest.raises(OSError, match="full"):
            add_rows(1)
        assert not monitor.running
        assert monitor.memory.level == (4,)  # nobody knows whether the row is there

    def test_a_call_that_is_cancelled_or_times_out(self):
        monitor = made()

        @within(monitor, name="pay")
        async def slow(price, count, to):
            await asyncio.sleep(60)

        async def once():
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(slow(50, 1, "shop"), 0.01)
            task = asyncio.ensure_future(slow(50, 1, "shop"))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(once())
        assert monitor.memory.spent[0] == 100
        assert not monitor.running

    def test_a_call_that_never_begins_costs_nothing(self):
        monitor = made()

        @within(monitor, name="pay")
        async def slow(price, count, to): ...

        slow(50, 1, "shop").close()
        assert monitor.memory.spent[0] == 0


class TestConsent:
    def test_nobody_consents_unless_somebody_is_named(self):
        monitor, ran = made(), []
        with pytest.raises(CallDenied):
            shop(monitor, ran)(60)
        assert not ran
        assert monitor.memory.spent[0] == 0

    @pytest.mark.parametrize("answer", [False, None, 1, "yes", [True]])
    def test_anything_but_yes_is_no(self, answer):
        monitor, ran = made(), []
        with pytest.raises(CallDenied):
            shop(monitor, ran, asked=lambda ask: answer)(60)
        assert not ran
        assert not monitor.asks

    def test_a_grant_is_for_one_call_and_counted(self):
        monitor, ran, asks = made(), [], []
        pay = shop(monitor, ran, asked=lambda ask: asks.append(ask) or True)
        for _ in range(3):
            pay(60)
        with pytest.raises(CallDenied):
            pay(60)
        assert len(ran) == len(asks) == 3
        assert monitor.memory.spent[0] == 180

    def test_a_narrowed_call_runs_narrowed_and_a_widened_one_not(self):
        for price, runs in ((55, [(55, 1, "shop", None)]), (70, [])):
            monitor, ran = made(), []
            pay = shop(
                monitor, ran, asked=lambda ask, p=price: {"price": p, "count": 1, "to": "shop"}
            )
            if runs:
                pay(60)
            else:
                with pytest.raises(CallDenied):
                    pay(60)
            assert ran == runs

    def test_an_asker_that_fails_consents_to_nothing(self):
        monitor, ran = made(), []

        def asked(ask):
            raise OSError("no terminal")

        with pytest.raises(CallDenied):
            shop(monitor, ran, asked=asked)(60)
        assert not ran

    def test_an_asynchronous_tool_may_be_asked_about_asynchronously(self):
        ran = []

        async def asked(ask):
            await asyncio.sleep(0)
            return True

        @within(made(), name="pay", asked=asked)
        async def pay(price, count, to):
            ran.append(price)

        asyncio.run(pay(60, 1, "shop"))
        assert ran == [60]


class TestThreads:
    def test_a_budget_holds_whoever_spends_it(self):
        monitor, ran = made(rules={"denials": 1000}.items()), []
        pay = shop(monitor, ran)

        def one(_):
            try:
                pay(50)
            except CallDenied:
                return 0
            return 50

        with ThreadPoolExecutor(16) as pool:
            assert sum(pool.map(one, range(40))) == 200
        assert len(ran) == 4

    def test_a_level_holds_too(self):
        monitor, ran = made(rules={"denials": 1000}.items()), []
        monitor.step(LevelsRead({"copies": 2}))

        @within(monitor)
        def drop_copy():
            ran.append(1)

        def one(_):
            with suppress(CallDenied):
                drop_copy()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(one, range(16)))
        assert len(ran) == 1
