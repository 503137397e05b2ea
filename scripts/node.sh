# Node.js for the management pages: the one that is there, or one from npm beside what cargo makes.
# To be sourced after services.sh, which installs packages.

node_wanted=20

node_fits() {
    command -v node >/dev/null && command -v npm >/dev/null &&
        [ "$(node --version | sed 's/^v\([0-9]*\).*/\1/')" -ge "$node_wanted" ]
}

# Debian's own may be too old for the pages; npm has newer ones.
provide_node() {
    node_fits && return
    command -v npm >/dev/null || install_package npm
    local folder
    folder=$(realpath -m "${CARGO_TARGET_DIR:-target}/node")
    echo "installing Node.js $node_wanted from npm"
    npm install --silent --no-audit --no-fund --prefix "$folder" "node@$node_wanted"
    export PATH="$folder/node_modules/node/bin:$PATH"
    node_fits || { echo "the management pages take Node.js $node_wanted or newer" >&2; exit 1; }
}
