from asyncmy.connection import Connection
