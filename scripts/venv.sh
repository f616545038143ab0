#!/bin/sh
# Makes one of the Python environments that tests and measurements compare with, and prints its folder: below
# ANTARES_VENVS, or in a cache folder outside the repository.
#
# usage: scripts/venv.sh NAME
#   astrometry    astrometry-net-client, a client of nova.astrometry.net's interface
#   behave        runs the scenarios of uws-validator (scripts/checkout.sh)
#   browser       drives Chromium through the service's pages, and checks them by axe
#   datacube-1.8  the Open Data Cube that tests compare with
#   datacube-1.9  its next release
#   eodatasets3   eo3-validate, which checks dataset documents
#   ftp           a server of FTP
#   hdf-eos       writes files as MODIS products are
#   image         scikit-image, and rio-cogeo's validator of cloud-optimised GeoTIFFs
#   jdl           readers of job descriptions and provenance: astropy, wadllib, prov
#   moto          a server of S3
#   numpy         numpy and scipy, and hdstats where it can be built, for tests of reducers
#   openstack     OpenStack's object store, with its interface of S3
#   odc-stac      the peers that scripts/bench.sh measures
#   uws           pyvo, uws-client and the schema checks, for tests of the job service
#   schemathesis  asks the job service by its OpenAPI document
#   services-1.8  the Open Data Cube's web services Explorer and OWS, and odc-stac, on datacube 1.8
#   services-1.9  their next releases, on datacube 1.9
#   service-api   clients of the job service's submission API, and croniter, whose slots schedules are compared with
#   stac-schemas  pystac, and the schemas of STAC's extensions as eopf carries them
#   stac          a STAC API (stac-fastapi with pgstac), pystac and odc-stac
set -eu
name=${1:-}
builds=no optional= files=
case $name in
    astrometry) needs='astrometry-net-client==0.6.0 requests astropy' check='import astrometry_net_client' ;;
    behave)
        needs='behave==1.3.3 ensure==1.0.4 purl==1.6 requests lxml python-dateutil pytz'
        check='import behave, ensure, purl, lxml, dateutil, pytz' ;;
    browser) needs='playwright==1.56.0 axe-playwright-python==0.1.7' check='import playwright.sync_api, axe_playwright_python' ;;
    # setuptools: datacube 1.8 imports pkg_resources. psycopg2 has no wheels.
    datacube-1.8)
        needs='datacube==1.8.20 sqlalchemy>=1.4,<2 psycopg2>=2.9,<3 setuptools<81 wheel'
        check='import datacube, psycopg2, rasterio' builds=yes ;;
    # SQLAlchemy 2.1 takes psycopg 3 for what datacube 1.9.20 means as psycopg2.
    datacube-1.9)
        needs='datacube==1.9.20 sqlalchemy<2.1 psycopg2>=2.9,<3 setuptools<81 wheel'
        check='import datacube, psycopg2, rasterio' builds=yes ;;
    eodatasets3)
        needs='eodatasets3==0.30.10 datacube==1.8.20 sqlalchemy>=1.4,<2 psycopg2>=2.9,<3 setuptools<81 wheel'
        check='import eodatasets3.validate' builds=yes ;;
    ftp) needs='pyftpdlib>=2,<3' check='import pyftpdlib.servers' ;;
    hdf-eos) needs='pyhdf numpy' check='import pyhdf.SD, pyhdf.V' ;;
    image) needs='scikit-image rio-cogeo' check='import skimage, rio_cogeo' ;;
    jdl) needs='astropy wadllib prov[xml,dot]' check='import astropy.io.votable, wadllib.application, prov.model' ;;
    moto) needs='moto[server]>=5,<6 boto3' check='import moto.server, boto3' ;;
    # hdstats is compiled; without it the published formulas in numpy stand for it.
    numpy) needs='numpy scipy cython setuptools wheel joblib' check='import numpy, scipy' optional=hdstats ;;
    openstack) needs='swift==2.38.3 setuptools<81 boto3' check='import swift.proxy.server, swift.common.middleware.s3api, boto3' ;;
    odc-stac) needs='odc-stac==0.5.3 bottleneck dask[array] pystac rasterio' check='import odc.stac, bottleneck, dask' ;;
    schemathesis) needs='schemathesis==4.32.5' check='import schemathesis' ;;
    services-1.8)
        needs='datacube==1.8.20 datacube-explorer==2.12.4 datacube-ows==1.8.43 odc-stac==0.3.11'
        needs="$needs sqlalchemy>=1.4,<2 psycopg2>=2.9,<3 setuptools<81 wheel"
        check='import flask_themer, datacube_ows, odc.stac, psycopg2' builds=yes ;;
    services-1.9)
        needs='datacube==1.9.20 datacube-explorer[webserver]==3.1.7 datacube-ows[webserver]==1.9.14 odc-stac==0.5.3'
        needs="$needs sqlalchemy<2.1 psycopg2>=2.9,<3 setuptools<81 wheel"
        check='import flask_themer, matplotlib, datacube_ows, odc.stac, psycopg2' builds=yes ;;
    service-api)
        needs='astroquery==0.4.11 croniter==6.0.0 pyjwt[crypto]==2.10.1 tzdata'
        check='import astroquery.astrometry_net, croniter, jwt' ;;
    stac)
        needs='stac-fastapi.pgstac==7.2.0 pypgstac[psycopg]==0.10.0 uvicorn pystac[validation]==1.15.2 odc-stac==0.5.3'
        check='import stac_fastapi.pgstac.app, odc.stac, pystac' ;;
    # Of eopf its files alone: it takes a hundred packages to run.
    stac-schemas) needs='pystac[validation]==1.15.2' files='eopf==2.8.1' check='import pystac.validation' ;;
    uws)
        needs='pyvo==1.9.1 uws-client==1.1.11 fissix requests lxml xmlschema'
        check='import pyvo, xmlschema' ;;
    *) sed -n 's/^# \{0,1\}//; 2,/^set/p' "$0" | sed '$d' >&2; exit 64 ;;
esac
folder=${ANTARES_VENVS:-${XDG_CACHE_HOME:-$HOME/.cache}/antares-tests}/$name
stamp="$folder/.complete-1"
[ -e "$stamp" ] && { echo "$folder"; exit 0; }

say() { echo "venv: $*" >&2; }
command -v python3 >/dev/null || { say "python3 is missing. Install it: apt-get install python3-venv python3-dev"; exit 69; }
if [ $builds = yes ] && ! command -v pg_config >/dev/null; then
    say "pg_config is missing. Install it: apt-get install libpq-dev"
    exit 69
fi

mkdir -p "$(dirname "$folder")"
exec 9>"$folder.lock"
command -v flock >/dev/null && flock 9
[ -e "$stamp" ] && { echo "$folder"; exit 0; }

say "making $folder (some minutes, once)"
rm -rf "$folder"
python3 -m venv "$folder" >&2 || { say "venv failed. Install it: apt-get install python3-venv"; exit 69; }
install() { "$folder/bin/pip" install --quiet --disable-pip-version-check "$@" >&2; }
# shellcheck disable=SC2086 # words on purpose
if ! { install $needs && { [ -z "$files" ] || install --no-deps "$files"; } && "$folder/bin/python" -W ignore -c "$check" >&2; }; then
    say "installing $name failed (see above). It needs the package index, and a C compiler, python3-dev and libpq-dev where something is built."
    exit 69
fi
if [ "$name" = uws ]; then
    # uws-client is of Python 2.
    client=$(echo "$folder"/lib/python3*/site-packages/uws)
    "$folder/bin/python" -W ignore -m fissix -w -n --no-diffs "$client" >/dev/null 2>&1 || true
    sed -i "s/base64.encodestring('%s:%s' % (user, password))/base64.b64encode(('%s:%s' % (user, password)).encode()).decode()/" \
        "$client/UWS/connection.py"
    "$folder/bin/python" -c 'import uws.cli.main' >&2 || { say "uws-client cannot be carried over to Python 3"; exit 69; }
fi
if [ -n "$optional" ]; then
    install --no-build-isolation "$optional" || say "$optional cannot be installed here; comparisons do without it"
fi
touch "$stamp"
echo "$folder"
