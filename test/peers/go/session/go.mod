module cleanroom.example/peers/session

go 1.24
