"""Serves the files of a folder by FTP on loopback, to anybody, for reading; tells its port first.

usage: ftp_server.py FOLDER
"""

import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

authorizer = DummyAuthorizer()
authorizer.add_anonymous(sys.argv[1])
FTPHandler.authorizer = authorizer
server = FTPServer(("127.0.0.1", 0), FTPHandler)
print(f"port {server.address[1]} ", flush=True)
server.serve_forever()
