"""Train PPO of Stable-Baselines3 on slots: `python learn_sb3.py STUDY.yaml`; it needs torch, so tests do not train."""

import sys

from sagin.learning import Pool, SlotEnv, compare, random_policy


def main(study: str) -> None:
    """`study`: a YAML file as `sagin episode` reads it."""
    try:
        from stable_baselines3 import PPO  # pyright: ignore[reportMissingImports]
    except ImportError:
        sys.exit("stable_baselines3 is not installed: pip install stable-baselines3")
    train = Pool.from_file(study, seeds="0:16")
    test = Pool.from_file(study, seeds="100:108", scaling=train.scaling)  # the same numbers mean the same
    model = PPO("MlpPolicy", SlotEnv(train), verbose=1)
    model.learn(total_timesteps=100_000)
    ppo = {"ppo": lambda seen: model.predict(seen, deterministic=True)[0]}
    print(compare(test, {"random actions": random_policy, **ppo}))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        print("usage: python learn_sb3.py STUDY.yaml")
