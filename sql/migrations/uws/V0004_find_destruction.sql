-- What is to be destroyed is looked for every other second: among the jobs whose time has come alone.
CREATE INDEX job_destruction ON uws.job ((document ->> 'destruction'));
