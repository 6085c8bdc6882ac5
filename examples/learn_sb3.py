"""Train PPO of Stable-Baselines3 (pip install stable-baselines3) on slots; not run by the tests, it needs torch."""

import sys

from sagin.learning import Pool, SlotEnv, compare, random_policy


def main(study: str) -> None:
    """`study`: a YAML file as `sagin episode` reads it."""
    from stable_baselines3 import PPO  # pyright: ignore[reportMissingImports]

    train = Pool.from_file(study, seeds="0:16")
    test = Pool.from_file(study, seeds="100:108", scaling=train.scaling)  # the same numbers mean the same
    model = PPO("MlpPolicy", SlotEnv(train), verbose=1)
    model.learn(total_timesteps=100_000)
    policies = {"random actions": random_policy, "ppo": lambda seen: model.predict(seen, deterministic=True)[0]}
    print(compare(test, policies))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        print("usage: python learn_sb3.py STUDY.yaml")
