# Finds PostgreSQL and RabbitMQ for the tests, or installs and starts them. Sourced by ./test.

services_dir=""

cleanup_services() {
    [ -n "$services_dir" ] || return 0
    if [ -f "$services_dir/rabbitmq.pid" ]; then
        kill "$(cat "$services_dir/rabbitmq.pid")" 2>/dev/null || true
    fi
    if [ -d "$services_dir/postgres" ]; then
        as_postgres "$(postgres_bin)/pg_ctl" -D "$services_dir/postgres" -m immediate stop >/dev/null 2>&1 || true
    fi
    rm -rf "$services_dir"
}
trap cleanup_services EXIT

answers() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

# Host and port of a URL: url_address URL DEFAULT_PORT
url_address() {
    local rest=${1#*://}
    rest=${rest##*@}
    rest=${rest%%/*}
    rest=${rest%%\?*}
    case $rest in
        *:*) echo "${rest%:*} ${rest##*:}" ;;
        *) echo "$rest $2" ;;
    esac
}

free_port() {
    local port
    while port=$((20000 + RANDOM % 12000)); answers 127.0.0.1 "$port"; do :; done
    echo "$port"
}

install_package() {
    local package=$1
    if ! command -v apt-get >/dev/null; then
        echo "$package is needed for the tests; install it, or name a server (see the top of ./test)" >&2
        exit 1
    fi
    local sudo=""
    [ "$(id -u)" = 0 ] || sudo=sudo
    echo "installing $package"
    $sudo apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "$package" >/dev/null
}

postgres_bin() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1; }

# PostgreSQL refuses to run as root.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

# It keeps nothing beyond the tests, so that it need not wait for a disk: each test makes a database of
# its own, which takes it a quarter of the time.
start_postgres() {
    [ -n "$(postgres_bin)" ] || install_package postgresql
    local data=$services_dir/postgres port
    port=$(free_port)
    mkdir -p "$data"
    [ "$(id -u)" = 0 ] && chown postgres "$services_dir" "$data"
    as_postgres "$(postgres_bin)/initdb" -D "$data" -U postgres -A trust --no-sync >/dev/null
    as_postgres "$(postgres_bin)/pg_ctl" -D "$data" -w -l "$data/log" \
        -o "-p $port -c listen_addresses=127.0.0.1 -k $data -c max_connections=200 -c shared_buffers=256MB \
            -c fsync=off -c full_page_writes=off -c synchronous_commit=off" start >/dev/null
    export POSTRIDER_TEST_POSTGRES=postgres://postgres@127.0.0.1:$port
}

rabbitmq_server() { ls /usr/lib/rabbitmq/bin/rabbitmq-server 2>/dev/null || command -v rabbitmq-server || true; }

start_rabbitmq() {
    local dir=$services_dir/rabbitmq port
    port=$(free_port)
    mkdir -p "$dir"
    : > "$dir/plugins"
    HOME=$dir RABBITMQ_NODENAME=postrider-test-$port@localhost RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 \
        RABBITMQ_NODE_PORT=$port RABBITMQ_DIST_PORT=$(free_port) RABBITMQ_MNESIA_BASE=$dir/data \
        RABBITMQ_LOG_BASE=$dir/log RABBITMQ_ENABLED_PLUGINS_FILE=$dir/plugins RABBITMQ_CONFIG_FILE=$dir/none \
        RABBITMQ_PID_FILE=$services_dir/rabbitmq.pid "$(rabbitmq_server)" >"$dir/out" 2>&1 &
    local waited=0
    until answers 127.0.0.1 "$port"; do
        sleep 0.5
        waited=$((waited + 1))
        if [ $waited -gt 120 ]; then
            echo "RabbitMQ did not start; its output:" >&2
            tail -20 "$dir/out" >&2
            exit 1
        fi
    done
    export POSTRIDER_TEST_RABBITMQ=amqp://guest:guest@127.0.0.1:$port
}

start_services() {
    local address
    # In memory where there is enough of it: files that live for a minute need no disk.
    local memory=0
    [ ! -w /dev/shm ] || memory=$(df --output=avail -B1M /dev/shm | tail -1)
    services_dir=$(mktemp -d -p "$([ "$memory" -gt 4096 ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")")
    chmod 755 "$services_dir"

    # scripts/prepare-sql applies the migrations with these.
    command -v psql >/dev/null || install_package postgresql-client
    command -v python3 >/dev/null || install_package python3

    address=$(url_address "${POSTRIDER_TEST_POSTGRES:-postgres://127.0.0.1}" 5432)
    # One that nobody named is only used where there is no program to start a faster one.
    # shellcheck disable=SC2086
    if [ -z "${POSTRIDER_TEST_POSTGRES:-}" ] && [ -n "$(postgres_bin)" ]; then
        start_postgres
    elif answers $address; then
        echo "PostgreSQL answers at ${address/ /:}"
    else
        start_postgres
    fi

    # The process tests stop and start a broker of their own, so the program is needed in any case.
    [ -n "$(rabbitmq_server)" ] || install_package rabbitmq-server
    address=$(url_address "${POSTRIDER_TEST_RABBITMQ:-amqp://127.0.0.1}" 5672)
    # shellcheck disable=SC2086
    if answers $address; then echo "RabbitMQ answers at ${address/ /:}"; else start_rabbitmq; fi
}
