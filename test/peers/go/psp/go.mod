module cleanroom.test/psp

go 1.26
