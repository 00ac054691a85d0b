import os
import subprocess
import sys

from redis import Redis
from tests.fixtures.redis_server import find_redis, start_redis

account, *arguments = sys.argv[1:]
with start_redis(find_redis()) as server, Redis.from_url(server.url) as client:
    url = server.url.replace("//", f"//{account}@")
    client.set("key", 1)
    client.set("test_demo_of_somebody_else", 2)
    client.execute_command("ACL SETUSER tester on >right ~* &* +@all")
    client.execute_command("ACL SETUSER reader on >right ~* &* -@all +@read +@connection")
    before = {key: client.get(key) for key in client.scan_iter()}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    code = subprocess.run(command, env={**os.environ, "TEST_REDIS_URL": url}).returncode
    after = {key: client.get(key) for key in client.scan_iter()}
    assert after == before, after
    used = client.info("commandstats").get("cmdstat_set", {}).get("calls", 0) > 5
    print("own server was", "used" if used else "not used")
sys.exit(code)
