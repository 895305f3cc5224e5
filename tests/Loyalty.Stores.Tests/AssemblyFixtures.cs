using Loyalty.Tests.Stores.Server;

[assembly: AssemblyFixture(typeof(TestServer))]
