"""A page as a browser reads it: tags that match, attributes, headings and the visible text."""

import html
import re
from html.parser import HTMLParser


class Reader(HTMLParser):
    """Tags, attributes, headings and visible text of a page; complains of tags that do not match.

    `between` stands between two pieces of text that a tag parts; `plain` makes the visible text of them.
    """

    EMPTY = frozenset({"meta", "br", "col", "link", "img"})

    def __init__(self, text, between=" ", plain=None):
        HTMLParser.__init__(self)
        self.between, self.plain = between, plain or single_spaced
        self.tags, self.open, self.words, self.headings = [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)
            if self.open and self.open[-1] == "h2":
                self.headings.append(data)

    def all(self, attribute):
        return [attrs[attribute] for _, attrs in self.tags if attrs.get(attribute) is not None]

    @property
    def text(self):
        return self.plain(self.between.join(self.words))


def single_spaced(text):
    """Text with one space wherever there are several, or a new line."""
    return re.sub(r"[ \n]+", " ", text)


def heading(text):
    """The visible text of the first heading: the answer."""
    found = re.search(r"<h1>(.*?)</h1>", text, re.DOTALL)
    return single_spaced(html.unescape(re.sub(r"<[^>]*>", "", found.group(1))))
