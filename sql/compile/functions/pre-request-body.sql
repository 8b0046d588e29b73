SELECT :{glance}
