from sagin.core.leaving import at_leaving, leave


class Thing:
    def __init__(self, done: list[str], word: str) -> None:
        self.done, self.word = done, word
        at_leaving(self)

    def tidy(self) -> None:
        if not self.word:
            raise OSError("the disk is gone")
        self.done.append(self.word)


def test_what_exists_is_tidied_up_whatever_fails() -> None:
    done: list[str] = []
    kept = [Thing(done, "claims"), Thing(done, ""), Thing(done, "jobs")]
    Thing(done, "forgotten")
    leave()
    assert sorted(done) == ["claims", "jobs"]
    assert len(kept) == 3
