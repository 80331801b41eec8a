"""What tiers and points must come of a replayed file, from the rules alone; for replay.py.

A point and a growth for each whole pound of an order. Points wait 30 days from the day of delivery,
which is that of the order, and last nine months from then. Silver, gold and platinum need 500, 2,500
and 10,000 growth of six months, count at once, are kept for six months and then for 30 days more.
"""
import calendar
import collections
import datetime
import heapq

WAIT_DAYS, EXPIRE_MONTHS, TIER_MONTHS, GRACE_DAYS = 30, 9, 6, 30
TIERS = (500, 2500, 10000)


def months_later(day, months):
    """The same day of another month, or its last."""
    date = datetime.date.fromordinal(day)
    year, month = divmod(date.year * 12 + date.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return datetime.date(year, month + 1, min(date.day, last)).toordinal()


def split(total, weights):
    """By largest remainder, ties to the earlier."""
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    shares = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in order[:total - sum(shares)]:
        shares[i] += 1
    return shares


def of_units(points, quantity, first, count):
    """What so many units of a line carry: all alike, the first of them one more."""
    each, more = divmod(points, quantity)
    return each * count + max(0, min(first + count, more) - first)


class Order:
    def __init__(self, number, day, customer, lines):
        self.number, self.day, self.customer = number, day, customer
        self.earned = sum(gross for gross, _ in lines) // 100
        self.pending, self.available, self.expire_day = self.earned, 0, None
        shares = split(self.earned, [gross for gross, _ in lines])
        self.lines = [[share, quantity, 0] for share, (_, quantity) in zip(shares, lines)]

    def give_back(self, line, units):
        share, quantity, gone = self.lines[line]
        self.lines[line][2] += units
        return of_units(share, quantity, gone, units)

    def take(self, name, most):
        taken = min(most, getattr(self, name))
        setattr(self, name, getattr(self, name) - taken)
        return taken


class Member:
    def __init__(self):
        self.orders, self.growth = [], []
        self.level, self.review_day, self.in_grace = 0, None, False


class Club:
    """Days are ordinals; what is due happens when its day begins, before anybody orders."""

    def __init__(self):
        self.members = collections.defaultdict(Member)
        self.due, self.total, self.orders = [], collections.Counter(), {}
        self.deducted = []  # (customer, pence) less refunded

    def later(self, day, what, about):
        self.total["timers"] += 1
        heapq.heappush(self.due, (day, self.total["timers"], what, about))

    def pass_to(self, day):
        while self.due and self.due[0][0] <= day:
            now, _, what, about = heapq.heappop(self.due)
            what(now, about)

    # ---- points ----

    def release(self, day, order):
        order.available, order.pending = order.pending, 0
        order.expire_day = months_later(day, EXPIRE_MONTHS) + 1
        self.later(order.expire_day, self.expire, order)

    def expire(self, day, order):
        self.total["expired"] += order.available
        order.available = 0

    def buy(self, number, day, customer, lines):
        order = Order(number, day, customer, lines)
        self.orders[number] = order
        if order.earned == 0:
            return
        member = self.members[customer]
        member.orders.append(order)
        self.total["given"] += order.earned
        self.later(day + WAIT_DAYS + 1, self.release, order)
        member.growth.append((day, day, order.earned))
        self.rise(day, member)

    def give_back(self, day, number, units, pence):
        """Units as (line, count) of an order come back, and so much money with them."""
        order = self.orders[number]
        member = self.members[order.customer]
        back = sum(order.give_back(line, count) for line, count in units)
        left = back
        if order.expire_day is None:
            left -= order.take("pending", left)
        for lot in sorted((o for o in member.orders if o.available > 0),
                          key=lambda o: (o.expire_day, o.number)):
            left -= lot.take("available", left)
        self.total["taken_back"] += back - left
        if left > 0:
            self.deducted.append((order.customer, min(left, pence)))
        if back > 0:
            member.growth.append((day, order.day, -back))

    # ---- tiers ----

    def deserved(self, day, member):
        since = months_later(day, -TIER_MONTHS)
        growth = sum(points for told, came, points in member.growth
                     if told >= since and came >= since)
        return sum(growth >= least for least in TIERS)

    def period(self, day, member, level):
        member.level, member.in_grace = level, False
        member.review_day = months_later(day, TIER_MONTHS) + 1 if level else None
        if level:
            self.later(member.review_day, self.review, member)

    def rise(self, day, member):
        level = self.deserved(day, member)
        if level > member.level or (member.in_grace and level == member.level):
            self.period(day, member, level)

    def review(self, day, member):
        if member.review_day != day:
            return
        level = self.deserved(day, member)
        if level < member.level and not member.in_grace:
            member.in_grace, member.review_day = True, day + GRACE_DAYS
            self.later(member.review_day, self.review, member)
        else:
            self.period(day, member, level)


def loyalty_truth(documents):
    """documents: (day, customer or "", [(gross pence, units)] of sales, {number of an earlier
    document: (units as [(line, count)], pence)} that came back). The figures of the report, and what
    was deducted from refunds as [(customer, pence)]."""
    club = Club()
    for number, (day, customer, sales, returned) in enumerate(documents):
        club.pass_to(day)
        if customer and sales:
            club.buy(number, day, customer, sales)
        for order, (units, pence) in sorted(returned.items()):
            club.give_back(day, order, units, pence)
    orders = [order for member in club.members.values() for order in member.orders]
    tiers = collections.Counter(member.level for member in club.members.values() if member.level)
    points = {"given": club.total["given"], "expired": club.total["expired"],
              "taken_back": club.total["taken_back"],
              "pending": sum(order.pending for order in orders),
              "available": sum(order.available for order in orders)}
    return {"members_by_tier": {str(level): count for level, count in sorted(tiers.items())},
            "points": points}, club.deducted
