#!/usr/bin/env bash
# Starts a cluster on this machine, on the loopback address: Redis, an issuer FOR DEVELOPMENT ONLY, three nodes of
# guardbee and HAProxy before them. Ctrl-C stops all of it. Ports, where the usual ones are taken:
#   MQTT_PORT=1883 WS_PORT=8083 REDIS_PORT=6390 ISSUER_PORT=9400 NODE_PORTS=21883 WORKERS=2 scripts/cluster.sh
# A node has three ports from NODE_PORTS on: MQTT, WebSocket, admin; the next node the three after these.
set -euo pipefail
cd "$(dirname "$0")/.."

mqtt_port=${MQTT_PORT:-1883}
ws_port=${WS_PORT:-8083}
redis_port=${REDIS_PORT:-6390}
issuer_port=${ISSUER_PORT:-9400}
node_ports=${NODE_PORTS:-21883}
workers=${WORKERS:-2}
nodes=3
host=127.0.0.1
start_seconds_max=60
# guardbee gives up waiting for its clients and for Redis long before.
stop_seconds_max=40

fail() {
  echo "cluster.sh: $*" >&2
  exit 1
}

# Debian keeps servers where only root has its PATH.
PATH=$PATH:/usr/sbin:/sbin
for program in redis-server haproxy curl setsid; do
  command -v "$program" >/dev/null || fail "$program is missing: sudo apt-get install redis-server haproxy curl util-linux"
done
[ -d node_modules ] || fail "the packages are missing: npm ci"

answers() {
  (exec 3<>"/dev/tcp/$host/$1") 2>/dev/null
}

free() {
  [[ $2 =~ ^[1-9][0-9]{0,4}$ ]] && [ "$2" -le 65535 ] || fail "$1=$2 is no port"
  ! answers "$2" || fail "port $2 is in use; give another with $1"
}

free MQTT_PORT "$mqtt_port"
free WS_PORT "$ws_port"
free REDIS_PORT "$redis_port"
free ISSUER_PORT "$issuer_port"
for ((offset = 0; offset < 3 * nodes; offset++)); do free NODE_PORTS $((node_ports + offset)); done

folder=$(mktemp -d "${TMPDIR:-/tmp}/guardbee-cluster.XXXXXX")
node_pids=()
other_pids=()

# Starts a program with its log in the folder; `started` is its process id. It gets a session of its own, so that a
# Ctrl-C reaches this script alone, which knows the order in which to stop.
start() {
  local name=$1
  shift
  setsid "$@" >"$folder/$name.log" 2>&1 </dev/null &
  started=$!
}

# Ends processes and waits for them; those that do not end in time are killed.
end() {
  kill -TERM "$@" 2>/dev/null || true
  local pid tenths=0
  for pid in "$@"; do
    while kill -0 "$pid" 2>/dev/null && ((tenths < stop_seconds_max * 10)); do
      sleep 0.1
      tenths=$((tenths + 1))
    done
  done
  kill -KILL "$@" 2>/dev/null || true
}

stop() {
  local status=$?
  trap '' INT TERM
  trap - EXIT
  # The nodes first: they let go of their sessions in Redis.
  [ ${#node_pids[@]} -eq 0 ] || end "${node_pids[@]}"
  [ ${#other_pids[@]} -eq 0 ] || end "${other_pids[@]}"
  wait 2>/dev/null || true
  rm -rf "$folder"
  exit "$status"
}
trap stop EXIT
trap 'echo; echo "Stopping."; exit 0' INT TERM

# Waits until a command succeeds; a program that has ended, or is too slow, ends everything with the last it said.
await() {
  local name=$1 pid=$2 tenths
  shift 2
  for ((tenths = 0; tenths < start_seconds_max * 10; tenths++)); do
    ! "$@" 2>/dev/null || return 0
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 20 "$folder/$name.log" >&2
  fail "$name did not start; its last words are above"
}

ready() {
  curl --silent --fail --output /dev/null "http://$host:$1/readyz"
}

echo "Starting Redis, an issuer for development only, $nodes nodes of $workers workers and HAProxy ..."

mkdir "$folder/redis"
start redis redis-server --bind "$host" --port "$redis_port" --dir "$folder/redis" --save '' --appendonly yes --appendfsync always
other_pids+=("$started")
await redis "$started" answers "$redis_port"

export GUARDBEE_DEV_ISSUER_PORT=$issuer_port
start issuer scripts/node24 node scripts/dev-issuer.ts
other_pids+=("$started")
await issuer "$started" answers "$issuer_port"

issuer=http://$host:$issuer_port
cluster_secret=$(head --bytes 48 /dev/urandom | base64 --wrap 0)
for ((node = 1; node <= nodes; node++)); do
  port=$((node_ports + 3 * (node - 1)))
  start "node-$node" env \
    GUARDBEE_BIND_ADDRESS=$host GUARDBEE_WORKERS="$workers" GUARDBEE_LOG_DIR="$folder/node-$node" \
    GUARDBEE_MQTT_PORT=$port GUARDBEE_WS_PORT=$((port + 1)) GUARDBEE_ADMIN_PORT=$((port + 2)) \
    GUARDBEE_MQTT_PROXY_PROTOCOL=on GUARDBEE_WS_PROXY_PROTOCOL=on GUARDBEE_TRUSTED_PROXIES=$host \
    GUARDBEE_DRAIN_DELAY_SECONDS=2 GUARDBEE_DRAIN_SECONDS=2 \
    GUARDBEE_REDIS_URL="redis://$host:$redis_port" GUARDBEE_NODE_ID="node-$node" GUARDBEE_CLUSTER_NAME=guardbee \
    GUARDBEE_CLUSTER_SECRET="$cluster_secret" \
    GUARDBEE_JWT_ISSUER="$issuer" GUARDBEE_JWT_JWKS_URI="$issuer/jwks" \
    GUARDBEE_JWT_AUDIENCE=guardbee GUARDBEE_JWT_SCOPE=mqtt \
    scripts/node24 node src/main.ts start
  node_pids+=("$started")
  export "NODE_$node=$host" "MQTT_PORT_$node=$port" "WS_PORT_$node=$((port + 1))" "ADMIN_PORT_$node=$((port + 2))"
done
for ((node = 1; node <= nodes; node++)); do
  await "node-$node" "${node_pids[node - 1]}" ready $((node_ports + 3 * (node - 1) + 2))
done

MQTT_BIND=$host:$mqtt_port WS_BIND=$host:$ws_port start haproxy haproxy -db -f docker/haproxy.cfg
other_pids+=("$started")
await haproxy "$started" answers "$mqtt_port"

cat <<TEXT

MQTT          mqtt://$host:$mqtt_port        through HAProxy
WebSocket     ws://$host:$ws_port/mqtt     through HAProxy
Redis         redis://$host:$redis_port
Issuer        $issuer   audience guardbee, scope mqtt; for development only, its secrets are public
TEXT
for ((node = 1; node <= nodes; node++)); do
  echo "node-$node        http://$host:$((node_ports + 3 * (node - 1) + 2))/readyz   process ${node_pids[node - 1]}"
done
cat <<TEXT
Logs          $folder/*.log, removed at the end

# get a token
TOKEN=\$(curl -s -u device-1:device-1-secret -d grant_type=client_credentials $issuer/token | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
# subscribe, in the background
mosquitto_sub -h $host -p $mqtt_port -i subscriber -u device-1 -P "\$TOKEN" -t 'demo/#' -v &
sleep 1
# publish; HAProxy chooses another node
mosquitto_pub -h $host -p $mqtt_port -i publisher -u device-1 -P "\$TOKEN" -t demo/hello -m hi
# have a node leave in order; its clients come back at the others
kill ${node_pids[0]}

Ctrl-C stops everything.
TEXT

# A node may go, which is one of the things to try; without the others there is no cluster.
left=$nodes
while ((left > 0)); do
  status=0
  wait -n -p ended "${node_pids[@]}" "${other_pids[@]}" || status=$?
  for index in "${!node_pids[@]}"; do
    [ "${node_pids[index]}" = "$ended" ] || continue
    echo "node-$((index + 1)) has ended with status $status."
    unset "node_pids[index]"
    left=$((left - 1))
    continue 2
  done
  fail "a program that the nodes need has ended with status $status; see what it was: $(tail -qn 1 "$folder"/{redis,issuer,haproxy}.log)"
done
fail 'no node is left'
