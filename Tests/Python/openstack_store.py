"""OpenStack Swift with its S3 interface (s3api), all of it in this process: proxy, account, container and object server.

usage: openstack_store.py ACCOUNT:USER SECRET

Objects are files below a temporary folder, whose file system has to have extended attributes. Prints where it listens.
"""

import eventlet

eventlet.monkey_patch()

import os
import socket
import sys
import tempfile

from eventlet import wsgi
from swift.account.server import AccountController
from swift.common import utils
from swift.common.ring.builder import RingBuilder
from swift.common.wsgi import loadapp
from swift.container.server import ContainerController
from swift.obj.server import ObjectController

PIPELINE = """
[DEFAULT]
swift_dir = {folder}
log_address = {folder}/no-syslog
[pipeline:main]
pipeline = catch_errors listing_formats s3api tempauth slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
check_bucket_owner = true
[filter:tempauth]
use = egg:swift#tempauth
user_{account}_{user} = {secret} .admin
[filter:slo]
use = egg:swift#slo
"""


def listen():
    place = eventlet.listen(("127.0.0.1", 0), backlog=200)
    place.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return place, place.getsockname()[1]


def main(key, secret):
    account, user = key.split(":")
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(f"{folder}/d1")
        utils.HASH_PATH_SUFFIX = os.urandom(8)
        own = {"devices": folder, "mount_check": "false", "swift_dir": folder, "fallocate_reserve": "0"}
        places = {}
        for name in ["account", "container", "object"]:
            places[name], port = listen()
            ring = RingBuilder(2, 1, 1)
            device = {"region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "d1", "weight": 1.0}
            ring.add_dev(device)
            ring.rebalance()
            ring.get_ring().save(f"{folder}/{name}.ring.gz")
        servers = {"account": AccountController, "container": ContainerController, "object": ObjectController}
        for name, kind in servers.items():
            eventlet.spawn(wsgi.server, places[name], kind(own), log_output=False)
        conf = f"{folder}/proxy.conf"
        with open(conf, "w") as file:
            file.write(PIPELINE.format(folder=folder, account=account, user=user, secret=secret))
        proxy = loadapp(conf, global_conf={"log_name": "proxy"})
        place, port = listen()
        print(f"Running on http://127.0.0.1:{port}", flush=True)
        wsgi.server(place, proxy, log_output=False)


main(*sys.argv[1:])
