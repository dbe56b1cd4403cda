"""What every package stands on: settings, database, time, money, mail, jobs, web; knows none of them."""
