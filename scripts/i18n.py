"""Write each addon's translation template again from a database that has all three installed."""

import subprocess
import sys

import suite


def main():
    env = suite.pg_env("test")
    config = suite.write_config(env, "test")
    database = suite.copy(env, config, "suite_i18n", demo=False)
    try:
        done = subprocess.run(
            [
                suite.PYTHON,
                "-m",
                "odoo",
                "i18n",
                "export",
                "-c",
                config,
                "-d",
                database,
                *suite.ADDONS,
            ],
            env=env,
        )
    finally:
        suite.drop(env, config, database)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
