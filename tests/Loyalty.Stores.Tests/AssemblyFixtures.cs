using Loyalty.Stores.Tests.Server;

[assembly: AssemblyFixture(typeof(TestServer))]
