#!/bin/sh
exec /usr/bin/node /usr/lib/busbar/cli.mjs "$@"
