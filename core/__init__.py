"""What every package stands on: database, time, money, mail, jobs, web; knows none."""
